"""Rule decode: raw files to one typed table of images."""

from pathlib import Path

from soak.data.decode import decode
from soak.data.settings import DatasetSettings
from soak.job import job

with job(snakemake.log):
    raw = {Path(path).name: Path(path) for path in snakemake.input.raw}
    settings = DatasetSettings.model_validate(snakemake.params.dataset)
    decode(
        snakemake.wildcards.dataset,
        settings,
        raw,
        Path(snakemake.output.data),
        Path(snakemake.output.schema),
    )
