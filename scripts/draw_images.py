"""Rule draw_images: the first image of each class, as stored and put right."""

from pathlib import Path

from soak.data.dataset import Dataset
from soak.figures.images import images, images_rot
from soak.figures.output import FigureFolder
from soak.figures.settings import FigureSettings
from soak.job import job

with job(snakemake.log):
    params = snakemake.params
    folder = FigureFolder(Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures))
    datasets = {Path(file).stem: Dataset.open(file) for file in snakemake.input.data}
    images([one for name, one in datasets.items() if name not in params.transposed], folder)
    if params.transposed:
        images_rot([one for name, one in datasets.items() if name not in params.transposed.values()], folder)
