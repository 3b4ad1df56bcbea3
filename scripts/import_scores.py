"""Rule import_scores: scores from elsewhere, checked and in this project's columns."""

import pandas as pd

from soak.job import job
from soak.statistics.read_scores import read_scores
from soak.tables import write_table

with job(snakemake.log):
    parts = [read_scores(file, snakemake.params.measures) for file in snakemake.input.files]
    write_table(pd.concat(parts, ignore_index=True), snakemake.output.scores, snakemake.output.scores_parquet)
