"""Rule make_splits: the folds of a task's rows, its splits, and the train sets that they share."""

from soak.job import job
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import split_task, write_splits
from soak.tasks.task import Task

with job(snakemake.log, snakemake.input, snakemake.output):
    task, params, files = Task.open(snakemake.input.task), snakemake.params, snakemake.output
    instance = split_task(task, ResamplingSettings.model_validate(params.resampling), params.seed)
    write_splits(instance, task.name, files.folds, files.splits, files.train_sets, files.rows, task.row)
