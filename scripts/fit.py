"""Rule fit: train one learner on the train sets of a pack, and predict the rows that ask for them."""

from soak.fitting.run import Job
from soak.fitting.supervision import limits_of_job, run_supervised
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
    limits = limits_of_job(asked.get("fit_seconds", 0), asked.mem_mb, asked.get("attempt", 1))
    run_supervised(pack, snakemake.params.train_sets, snakemake.output[0], limits)
