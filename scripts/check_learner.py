"""Rule check_learner: what would fail in hour ten fails now; what a network looks like, for the report."""

import json

from pydantic import TypeAdapter

from soak.config.learners import LearnerSettings
from soak.files import atomic
from soak.job import job
from soak.learners.check import check_learners
from soak.tasks.task import Task

with job(snakemake.log):
    name = snakemake.wildcards.learner
    learner = TypeAdapter(LearnerSettings).validate_python(snakemake.params.learner)
    described = check_learners(Task.open(snakemake.input.task), {name: learner})[name]
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(described, indent=1) + "\n")
