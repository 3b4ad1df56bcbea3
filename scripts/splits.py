"""Rule splits: the splits of all tasks in one table, and the index that the fits are planned from."""

import pandas as pd

from soak.errors import SoakError, printable
from soak.figures.settings import FocusSettings
from soak.files import atomic
from soak.fitting.plan import TaskIndex, TrainSet, write_index
from soak.job import job
from soak.labels import Labels
from soak.resampling.split_task import count_rows
from soak.resampling.store import read_splits
from soak.tables import TABLES, write_table
from soak.tasks.summary import data_lines, data_notes, data_table, notes_table, scale_lines
from soak.tasks.task import Task


def describe(task_file, train_sets_file):
    """What the graph of jobs needs to know of a task."""
    task = Task.open(task_file)
    table = pd.read_csv(train_sets_file, dtype={"train_set": str, "digest": str}, keep_default_na=False)
    sets = zip(table["train_set"], table["n_train"].tolist(), table["digest"], strict=True)
    n_rows, n_features = task.features.shape
    return TaskIndex(
        task.name,
        task.type,
        n_rows,
        n_features,
        task.n_outputs,
        tuple(TrainSet(*one) for one in sets),
    )


def unsuited(unsettled, types):
    """Messages about learners and measures that suit no task, now that the types of all tasks are known."""
    decided = {types[task] for task in unsettled.get("tasks", [])}
    return unsettled[decided.pop()] if len(decided) == 1 else []


with job(snakemake.log, snakemake.input, snakemake.output):
    given, made = snakemake.input, snakemake.output
    params = snakemake.params
    splits = pd.concat([read_splits(file) for file in given.splits], ignore_index=True)
    FocusSettings.model_validate(params.focus).check(splits)
    Labels(**params.labels).check(splits)
    write_table(TABLES["splits"], splits, made.splits, csv_safe=params.csv_safe)
    folds = [pd.read_parquet(file) for file in given.folds]
    write_table(TABLES["folds"], pd.concat(folds, ignore_index=True), made.folds, csv_safe=params.csv_safe)
    counts = [count_rows(Task.open(file), one) for file, one in zip(given.tasks, folds, strict=True)]
    write_table(TABLES["fold_counts"], pd.concat(counts, ignore_index=True), made.counts, csv_safe=params.csv_safe)
    tasks = [Task.open(file) for file in given.tasks]
    notes = {
        task.name: data_notes(
            task, one["fold"].to_numpy(), n_folds=params.folds[task.name], **params.positive[task.name]
        )
        for task, one in zip(tasks, folds, strict=True)
    }
    write_table(TABLES["data"], data_table(tasks), made.data, csv_safe=params.csv_safe)
    write_table(TABLES["data_notes"], notes_table(notes), made.notes, csv_safe=params.csv_safe)
    lines = [
        line
        for task in tasks
        for line in [*data_lines(task, notes[task.name]), *scale_lines(task, params.unscaled[task.name])]
    ]
    with atomic(made.data_lines) as temporary:
        temporary.write_text("".join(f"{printable(line)}\n" for line in lines), encoding="utf-8")
    print(*lines, sep="\n")
    index = [describe(*files) for files in zip(given.tasks, given.train_sets, strict=True)]
    if problems := unsuited(params.unsettled, {task.task: task.type for task in index}):
        raise SoakError(*problems)
    write_index(made.index, index)
