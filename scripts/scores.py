"""Rule scores: what all fits predict, as a number per split, algorithm and measure; and what the fits cost."""

from pathlib import Path

import pandas as pd

from soak.fitting.record import read_pack
from soak.fitting.run import forget
from soak.job import job
from soak.measures import measure
from soak.resampling.store import read_splits
from soak.scores.scoring import Costs, score_task
from soak.tables import TABLES, write_table
from soak.tasks.task import Task

with job(snakemake.log):
    given, made, asked = snakemake.input, snakemake.output, snakemake.params.tasks
    costs = Costs()
    scores = []
    for name, task_file, splits_file in zip(asked, given.tasks, given.splits, strict=True):
        packs = [file for file in given.packs if Path(file).parts[-3] == name]
        records = (record for file in packs for record in read_pack(file, "predictions", "history"))
        splits = read_splits(splits_file)
        algorithms, measures = asked[name]["algorithms"], [measure(one) for one in asked[name]["measures"]]
        scores.append(score_task(Task.open(task_file), splits, algorithms, costs.keep(records), measures))
        costs.end_task(splits, list(algorithms))
    write_table(TABLES["scores"], pd.concat(scores, ignore_index=True), made.scores)
    write_table(TABLES["fits"], costs.fits(), made.fits)
    write_table(TABLES["times"], costs.times(), made.times)
    write_table(TABLES["history"], costs.history(), made.history)
    forget(given.packs)
