"""Rule draw_results: test errors, same against other and all, from the tables alone."""

from pathlib import Path

import pandas as pd

from soak.figures.draw import draw_results
from soak.figures.output import FigureFolder
from soak.figures.settings import FigureSettings, FocusSettings
from soak.job import job
from soak.tables import read_table

with job(snakemake.log):
    given, params = snakemake.input, snakemake.params
    downsampled = given.get("downsampled", [])
    draw_results(
        read_table(given.scores),
        read_table(given.pvalues),
        read_table(downsampled[0]) if downsampled else pd.DataFrame(),
        read_table(given.verdicts),
        FigureFolder(Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures)),
        focus=FocusSettings.model_validate(params.focus),
        names=params.names,
    )
