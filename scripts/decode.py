"""Rule decode: raw files to one data set."""

from pathlib import Path

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.job import job

with job(snakemake.log):
    raw = {Path(path).name: Path(path) for path in snakemake.input.raw}
    decode(snakemake.wildcards.dataset, dataset(snakemake.params.dataset), raw, snakemake.output[0])
