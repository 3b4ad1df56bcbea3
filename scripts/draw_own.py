"""Rule draw_own: a figure of the user's own, from the tables."""

from pathlib import Path

from soak.figures.own import draw_own
from soak.figures.settings import FigureSettings
from soak.job import job
from soak.tables import read_table

with job(snakemake.log, snakemake.input, snakemake.output):
    params = snakemake.params
    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    folder = Path(snakemake.output[0]).parent
    draw_own(params.function, tables, folder, FigureSettings.model_validate(params.figures))
