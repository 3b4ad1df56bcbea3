"""Rule transpose: pixel (i, j) of every image becomes pixel (j, i)."""

from pathlib import Path

from soak.config.data import DatasetSettings
from soak.data.transpose import transpose
from soak.job import job

with job(snakemake.log):
    settings = DatasetSettings.model_validate(snakemake.params.dataset)
    transpose(
        snakemake.wildcards.dataset,
        settings,
        Path(snakemake.input.data),
        Path(snakemake.output.data),
        Path(snakemake.output.schema),
    )
