"""Rule transpose: pixel (i, j) of every image becomes pixel (j, i)."""

from soak.data.formats.transpose_of import transpose
from soak.job import job

with job(snakemake.log, snakemake.input, snakemake.output):
    transpose(snakemake.wildcards.dataset, snakemake.input.data, snakemake.output[0], snakemake.params.rows)
