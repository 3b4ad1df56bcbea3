"""Rule draw_predictions: what the models of an image task confused, the worst images, and the weights."""

from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.predictions import Predictions
from soak.figures.settings import FigureSettings
from soak.job import job
from soak.labels import Labels

with job(snakemake.log, snakemake.input, snakemake.output):
    given, params = snakemake.input, snakemake.params
    labels = Labels(**params.labels)
    predictions = Predictions.read(
        given.task, given.splits, given.predictions, given.packs, given.verdicts, given.scores, labels
    )
    folder, settings = Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures)
    draw_files(params.names, predictions, folder, settings, snakemake.wildcards.task, labels)
