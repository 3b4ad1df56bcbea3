"""Rule draw_images: the first image of each class, as stored and put right."""

from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.images import Images
from soak.figures.settings import FigureSettings
from soak.job import job
from soak.labels import Labels

with job(snakemake.log, snakemake.input, snakemake.output):
    params = snakemake.params
    images = Images.read(snakemake.input.data, params.transposed, params.classes, Labels(**params.labels))
    folder = Path(snakemake.output[0]).parent
    draw_files(params.names, images, folder, FigureSettings.model_validate(params.figures))
