"""Rule download: fetch one raw file, from the first of its places that has it whole."""

from pathlib import Path

from soak.data.download import download
from soak.job import job

with job(snakemake.log, snakemake.input, snakemake.output):
    download(snakemake.params.urls, snakemake.params.hashes, Path(snakemake.output[0]))
