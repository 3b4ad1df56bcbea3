"""Rule import_scores: scores, times and facts from elsewhere, checked and in this project's columns; what was left out."""

from soak.files import atomic
from soak.job import job
from soak.scores.datasets import printed
from soak.scores.elsewhere import read_elsewhere
from soak.tables import TABLES, write_parquet, write_table

with job(snakemake.log, snakemake.input, snakemake.output):
    made, params = snakemake.output, snakemake.params
    read = read_elsewhere(snakemake.input.files, params.tasks, params.measures, params.subset_types)
    write_table(TABLES["scores"], read.scores, made.scores, csv_safe=params.csv_safe)
    write_table(TABLES["datasets"], read.datasets, made.datasets, printed(read.datasets), csv_safe=params.csv_safe)
    write_parquet(read.subset_rows, made.subset_rows)
    write_parquet(read.times, made.times_of_training)
    with atomic(made.notes) as temporary:
        temporary.write_text("".join(f"{note}\n" for note in read.notes), encoding="utf-8")
