"""Rule check_learners: what would fail in hour ten fails now; the networks, for the report."""

import json

from pydantic import TypeAdapter

from soak.config.learners import LearnerSettings
from soak.files import atomic
from soak.job import job
from soak.learners.check import check_learners
from soak.tasks.task import Task

with job(snakemake.log):
    adapter = TypeAdapter(LearnerSettings)
    learners = {name: adapter.validate_python(one) for name, one in snakemake.params.learners.items()}
    described = check_learners(Task.open(snakemake.input.task), learners)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(described, indent=1) + "\n")
