"""Rule check_learner: what would fail in hour ten fails now; what a network looks like, for the report."""

import json

from soak.errors import SoakError
from soak.files import atomic
from soak.job import job
from soak.learners.catalog import learner
from soak.tasks.task import Task

with job(snakemake.log, snakemake.input, snakemake.output):
    name, params = snakemake.wildcards.learner, snakemake.params.learner
    task = Task.open(snakemake.input.task)
    try:
        described = {"type": params["type"], **learner(params).check(task)}
    except SoakError as error:
        raise SoakError(f"learners.{name}: {error} (task {task.name})") from None
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
