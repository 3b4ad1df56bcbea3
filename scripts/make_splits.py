"""Rule make_splits: the folds of a task's rows, its splits, and the train sets that they share."""

from soak.config.check import load_config
from soak.experiment import learners_of
from soak.job import job
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import split_task, write_splits
from soak.tasks.task import Task

with job(snakemake.log):
    task, params, files = Task.open(snakemake.input.task), snakemake.params, snakemake.output
    # Learners are not a param: a new one does not split anew.
    learners = learners_of(load_config(snakemake.config), task.name, task.type)
    instance = split_task(
        task,
        ResamplingSettings.model_validate(params.resampling),
        params.seed,
        inner_folds={name: n for name, learner in learners.items() if (n := learner.inner_folds())},
        needs_two_classes=[
            name for name, learner in learners.items() if params.needs_classes and not learner.trains_on_one_class
        ],
    )
    write_splits(instance, task.name, files.folds, files.splits, files.train_sets, files.rows)
