"""Rule fit_history: train a torch learner on all rows of a task, for the figure of its history."""

import numpy as np
from pydantic import TypeAdapter

from soak.config.learners import LearnerSettings
from soak.fitting.record import write_pack
from soak.fitting.run import Job, train
from soak.job import job
from soak.tasks.task import Task, TaskRows

with job(snakemake.log):
    params = snakemake.params
    task = Task.open(snakemake.input.task)
    learner = TypeAdapter(LearnerSettings).validate_python(params.learner)
    record, _ = train(
        Job(task, params.name, learner, params.seed, params.device),
        TaskRows(task, np.arange(len(task.target))),
        "whole task",
    )
    print(record.status, record.reason)
    write_pack(snakemake.output[0], [record])
