"""Rule splits: the splits of all tasks in one table, and the index that the fits are planned from."""

import pandas as pd

from soak.config.check import load_config
from soak.errors import SoakError
from soak.experiment import unsuited
from soak.fitting.plan import TaskIndex, TrainSet, write_index
from soak.job import job
from soak.resampling.split_task import count_rows
from soak.resampling.store import read_splits
from soak.tables import TABLES, write_table
from soak.tasks.task import Task


def describe(task_file, train_sets_file):
    """What the graph of jobs needs to know of a task."""
    task = Task.open(task_file)
    table = pd.read_csv(train_sets_file, dtype={"train_set": str, "digest": str}, keep_default_na=False)
    sets = zip(table["train_set"], table["n_train"].tolist(), table["digest"], strict=True)
    n_rows, n_features = task.features.shape
    return TaskIndex(task.name, task.type, n_rows, n_features, task.n_outputs, tuple(TrainSet(*one) for one in sets))


with job(snakemake.log):
    given, made = snakemake.input, snakemake.output
    config = load_config(snakemake.config)
    splits = pd.concat([read_splits(file) for file in given.splits], ignore_index=True)
    config.focus.check(splits)
    write_table(TABLES["splits"], splits, made.splits)
    folds = [pd.read_parquet(file) for file in given.folds]
    write_table(TABLES["folds"], pd.concat(folds, ignore_index=True), made.folds)
    counts = [count_rows(Task.open(file), one) for file, one in zip(given.tasks, folds, strict=True)]
    write_table(TABLES["fold_counts"], pd.concat(counts, ignore_index=True), made.counts)
    index = [describe(*files) for files in zip(given.tasks, given.train_sets, strict=True)]
    told = unsuited(config, {task.task: task.type for task in index})
    if told:
        raise SoakError(*told)
    write_index(made.index, index)
