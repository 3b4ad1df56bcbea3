"""Rule transpose: pixel (i, j) of every image becomes pixel (j, i)."""

from soak.data.transpose import transpose
from soak.job import job

with job(snakemake.log):
    given, made = snakemake.input, snakemake.output
    transpose(snakemake.wildcards.dataset, given.data, made.data, made.schema, snakemake.params.rows)
