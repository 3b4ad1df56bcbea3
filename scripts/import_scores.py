"""Rule import_scores: scores from elsewhere, checked and in this project's columns."""

from soak.job import job
from soak.statistics.read_scores import read_score_files
from soak.tables import write_table

with job(snakemake.log):
    scores = read_score_files(snakemake.input.files, snakemake.params.measures)
    write_table(scores, snakemake.output.scores, snakemake.output.scores_parquet)
