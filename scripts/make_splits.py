"""Rule make_splits: the folds of a task's rows, its splits, and the train sets that they share."""

from soak.config.check import load_config
from soak.experiment import learners_of
from soak.job import job
from soak.resampling.checks import check_inner_folds, check_train_classes
from soak.resampling.splitter import SameOtherSizesCV
from soak.resampling.writing import write_splits
from soak.tasks.task import Task

with job(snakemake.log):
    task = Task.open(snakemake.input.task)
    splitter = SameOtherSizesCV(**snakemake.params.resampling, random_state=snakemake.params.seed)
    instance = splitter.instantiate(
        task.subset, group=task.group, stratum=list(task.strata.values()) or None, fold=task.fold
    )
    # Learners are not a param: a new one does not split anew.
    config = load_config(snakemake.config)
    learners = learners_of(config, task.name, task.type)
    check_inner_folds(instance, {name: n for name, one in learners.items() if (n := one.inner_folds())})
    if task.classes and snakemake.params.needs_classes:
        able = [name for name, one in learners.items() if not one.trains_on_one_class]
        check_train_classes(instance, task.target, task.classes, able)
    made = snakemake.output
    write_splits(instance, task.name, made.folds, made.splits, made.train_sets, made.rows)
