"""Rule decode: raw files to one data set."""

from pathlib import Path

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.download import forgetting_unreadable
from soak.job import job

with job(snakemake.log, snakemake.input, snakemake.output):
    raw = {Path(path).name: Path(path) for path in snakemake.input.raw}
    settings = dataset(snakemake.params.dataset)
    with forgetting_unreadable({raw[name]: source for name, source in settings.sources().items()}):
        decode(snakemake.wildcards.dataset, settings, raw, snakemake.output[0])
