"""Rule datasets: how large and how even the tasks are, and how long training took."""

from soak.fitting.plan import read_index
from soak.job import job
from soak.scores.datasets import SUBSET_ROWS, of_tasks, printed
from soak.scores.training_times import of_fits
from soak.tables import TABLES, read_table, write_parquet, write_table

with job(snakemake.log, snakemake.input, snakemake.output):
    given, made, params = snakemake.input, snakemake.output, snakemake.params
    data = read_table(given.data)
    features = {name: task.n_features for name, task in read_index(given.index).items()}
    table = of_tasks(data, features, params.subset_types)
    write_table(TABLES["datasets"], table, made.datasets, printed(table), csv_safe=params.csv_safe)
    write_parquet(data[SUBSET_ROWS], made.subset_rows)
    write_parquet(of_fits(read_table(given.times), read_table(given.splits)), made.times_of_training)
