"""Rule scores: what all fits predict, row by row and as a number per split, algorithm and measure; and what they cost.

The reference is fitted here where no learner of the task is one: it costs less than a job.
"""

from pathlib import Path

import pandas as pd

from soak.job import job
from soak.measures import measure
from soak.resampling.store import StoredSplits
from soak.scores.scoring import first_measures_first, fits_table, history_table, score_task, times_table
from soak.scores.transfer import transfer
from soak.tables import TABLES, write_parquet, write_table
from soak.tasks.task import Task

with job(snakemake.log, snakemake.input, snakemake.output):
    given, made, params = snakemake.input, snakemake.output, snakemake.params
    parts, fits = [], []
    for number, (name, asked) in enumerate(params.tasks.items()):
        packs = {
            learner: [pack for pack in given.packs if Path(pack).parts[-3:-1] == (name, learner)]
            for learner in asked["algorithms"]
        }
        folder = Path(made.predictions[number])
        folder.mkdir(parents=True, exist_ok=True)
        task = Task.open(given.tasks[number])
        positive = task.positive_code(asked["positive"])
        scored = score_task(
            task,
            StoredSplits.open(given.folds[number], given.splits[number], given.rows[number]),
            asked["algorithms"],
            packs,
            [measure(one).of_positive(positive) for one in asked["measures"]],
            folder,
            params.references,
            params.seed,
        )
        parts.append(scored)
        fits += scored.fits
    measures = [[measure(one).name for one in asked["measures"]] for asked in params.tasks.values()]
    write_table(
        TABLES["scores"],
        first_measures_first(pd.concat([part.scores for part in parts], ignore_index=True), measures),
        made.scores,
        csv_safe=params.csv_safe,
    )
    reference = pd.concat([part.reference for part in parts], ignore_index=True)
    if transfer_file := made.get("transfer"):
        own = pd.concat([part.own for part in parts], ignore_index=True)
        write_table(
            TABLES["transfer"], transfer(own, params.references, reference), transfer_file, csv_safe=params.csv_safe
        )
    write_table(TABLES["fits"], fits_table(fits), made.fits, csv_safe=params.csv_safe)
    write_table(TABLES["times"], times_table(fits), made.times, csv_safe=params.csv_safe)
    write_table(TABLES["history"], history_table(fits), made.history, csv_safe=params.csv_safe)
    write_parquet(reference, made.reference)
    write_parquet(pd.concat([part.row_errors for part in parts], ignore_index=True), made.row_errors)
