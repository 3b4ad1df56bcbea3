"""Rule draw_predictions: what the models of an image task confused, the worst images, and the weights."""

from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.predictions import Predictions
from soak.figures.settings import FigureSettings
from soak.job import job

with job(snakemake.log):
    given, params = snakemake.input, snakemake.params
    predictions = Predictions.read(
        given.task, given.splits, given.predictions, given.packs, given.verdicts, given.scores
    )
    folder = Path(snakemake.output[0]).parent
    draw_files(
        params.names, predictions, folder, FigureSettings.model_validate(params.figures), snakemake.wildcards.task
    )
