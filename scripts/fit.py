"""Rule fit: train one learner on the train sets of a pack, and predict the rows that ask for them."""

import os

from soak.fitting.run import Job
from soak.fitting.supervision import Limits, job_megabytes, run_supervised
from soak.job import job
from soak.learners.catalog import learner
from soak.provenance import digest
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task

with job(snakemake.log, snakemake.input, snakemake.output):
    given = snakemake.input
    pack = Job(
        task=Task.open(given.task),
        splits=StoredSplits.open(given.folds, given.splits, given.rows),
        learner=snakemake.wildcards.learner,
        settings=learner(snakemake.params.learner),
        seed=snakemake.params.seed,
        device=snakemake.params.device,
        code=snakemake.params.code,
        data=digest([given.task]),
    )
    asked = snakemake.resources
    limits = Limits(
        asked.get("fit_seconds") or None,
        job_megabytes(),
        asked.get("attempt", 1) >= int(os.environ.get("SOAK_TRIES", 1)),
    )
    run_supervised(pack, snakemake.params.train_sets, snakemake.output[0], limits)
