"""Rule stats: means, standard deviations and P values over the folds."""

from pathlib import Path

from soak.job import job
from soak.scores.summaries import pvalues, pvalues_downsample, stats
from soak.tables import TABLES, read_table, write_table

with job(snakemake.log, snakemake.input, snakemake.output):
    scores = read_table(snakemake.input.scores)
    tests = {"pvalues": pvalues, "pvalues_downsample": pvalues_downsample}
    for name in snakemake.params.names:
        frame = stats(scores) if name == "stats" else tests[name](scores, snakemake.params.alpha)
        write_table(
            TABLES[name], frame, Path(snakemake.output[0]).with_name(f"{name}.csv"), csv_safe=snakemake.params.csv_safe
        )
