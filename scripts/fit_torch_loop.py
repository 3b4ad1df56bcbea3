"""Rule fit_torch_loop: the blog post's plain loop, for its figure."""

import numpy as np

from soak.data.dataset import Dataset
from soak.job import job
from soak.networks.tutorial import torch_loop
from soak.tables import write_parquet

with job(snakemake.log, snakemake.input, snakemake.output):
    images, params = Dataset.open(snakemake.input[0]), snakemake.params
    classes, codes = np.unique(images.label[: params.rows], return_inverse=True)
    intensities = np.divide(images.features[: params.rows], np.float32(images.scale), dtype=np.float32)
    shape = images.image_shape
    curves = torch_loop(intensities, codes.astype(np.int32), len(classes), shape, params.seed, lr=params.lr)
    write_parquet(curves, snakemake.output[0])
