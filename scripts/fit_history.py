"""Rule fit_history: train a torch learner on all rows of a task, for the figure of its history."""

import numpy as np

from soak.fitting.record import write_pack
from soak.fitting.run import Job, train
from soak.job import job
from soak.learners.catalog import learner
from soak.tasks.task import Task, TaskRows

with job(snakemake.log, snakemake.input, snakemake.output):
    params = snakemake.params
    task = Task.open(snakemake.input.task)
    record, _ = train(
        Job(task, params.name, learner(params.learner), params.seed, params.device),
        TaskRows(task, np.arange(len(task.target))),
        "whole task",
    )
    print(record.status, record.reason)
    write_pack(snakemake.output[0], [record])
