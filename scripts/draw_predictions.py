"""Rule draw_predictions: what the models of an image task confused, the worst images, and the weights."""

from itertools import chain
from pathlib import Path

from soak.figures.models import deciding_algorithm, first_train_set, predictions_of, weights_of
from soak.figures.nothing import nothing
from soak.figures.output import FigureFolder
from soak.figures.predictions import confusion, weights, worst_images
from soak.figures.settings import FigureSettings
from soak.fitting.record import read_pack
from soak.job import job
from soak.resampling.store import read_splits
from soak.tables import read_table
from soak.tasks.task import Task

with job(snakemake.log):
    given = snakemake.input
    folder = FigureFolder(Path(snakemake.output[0]).parent, FigureSettings.model_validate(snakemake.params.figures))
    task, splits = Task.open(given.task), read_splits(given.splits)
    algorithm = deciding_algorithm(read_table(given.verdicts), read_table(given.scores), task.name)
    records = chain.from_iterable(read_pack(file, "predictions") for file in given.packs)
    told = predictions_of(task, splits, records, algorithm)
    models = chain.from_iterable(read_pack(file, "coefficients") for file in given.packs)
    shape = task.image_shape
    drawn = {
        "confusion": confusion(told, task.classes, task.name, algorithm, folder),
        "worst_images": [],
        "weights": [],
    }
    if shape is not None:
        drawn["worst_images"] = worst_images(told, task.features, shape, task.scale, task.name, algorithm, folder)
        fitted = weights_of(task, models, first_train_set(splits))
        drawn["weights"] = weights(fitted, task.classes, shape, task.name, folder)
    for kind, paths in drawn.items():
        if not paths:
            no_images = shape is None and kind != "confusion"
            reason = "the rows are no images." if no_images else "no fit left what it is drawn from."
            nothing(f"{kind}_{task.name}", folder, reason)
