"""Rule draw_training: how single models learn, from the fits that were kept for it."""

from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.settings import FigureSettings
from soak.figures.training import Training
from soak.job import job
from soak.labels import Labels

with job(snakemake.log, snakemake.input, snakemake.output):
    given, params = snakemake.input, snakemake.params
    labels = Labels(**params.labels)
    training = Training.read(
        torch_loop=next(iter(given.get("torch_loop", [])), None),
        glmnet_path=next(iter(given.get("glmnet_path", [])), None),
        dataset=params.dataset,
        histories=given.get("histories", []),
        history=given.history,
        fits=given.fits,
        learner=params.learner,
        labels=labels,
    )
    folder = Path(snakemake.output[0]).parent
    draw_files(params.names, training, folder, FigureSettings.model_validate(params.figures), labels=labels)
