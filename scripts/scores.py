"""Rule scores: what all fits predict, row by row and as a number per split, algorithm and measure; and what they cost."""

from pathlib import Path

import pandas as pd

from soak.job import job
from soak.measures import measure
from soak.resampling.store import read_splits
from soak.scores.scoring import fits_table, history_table, score_task, times_table
from soak.scores.transfer import transfer
from soak.tables import TABLES, write_table
from soak.tasks.task import Task

with job(snakemake.log):
    given, made, asked = snakemake.input, snakemake.output, snakemake.params.tasks
    scores, own, fits = [], [], []
    for name, task_file, splits_file, folder in zip(asked, given.tasks, given.splits, made.predictions, strict=True):
        algorithms, measures = asked[name]["algorithms"], [measure(one) for one in asked[name]["measures"]]
        packs = {
            learner: [pack for pack in given.packs if Path(pack).parts[-3:-1] == (name, learner)]
            for learner in algorithms
        }
        Path(folder).mkdir(parents=True, exist_ok=True)
        done = score_task(Task.open(task_file), read_splits(splits_file), algorithms, packs, measures, folder)
        scores.append(done.scores)
        own.append(done.own)
        fits += done.fits
    write_table(TABLES["scores"], pd.concat(scores, ignore_index=True), made.scores)
    if transfer_file := made.get("transfer"):
        table = transfer(pd.concat(own, ignore_index=True), snakemake.params.references)
        write_table(TABLES["transfer"], table, transfer_file)
    write_table(TABLES["fits"], fits_table(fits), made.fits)
    write_table(TABLES["times"], times_table(fits), made.times)
    write_table(TABLES["history"], history_table(fits), made.history)
