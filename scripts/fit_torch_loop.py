"""Rule fit_torch_loop: the blog post's plain loop, for its figure."""

import numpy as np

from soak.data.dataset import Dataset
from soak.job import job
from soak.networks.tutorial import torch_loop
from soak.tables import write_parquet

with job(snakemake.log, snakemake.input, snakemake.output):
    images = Dataset.open(snakemake.input[0])
    classes, codes = np.unique(images.label, return_inverse=True)
    intensities = np.divide(images.features, np.float32(images.scale), dtype=np.float32)
    curves = torch_loop(intensities, codes.astype(np.int32), len(classes), images.image_shape, snakemake.params.seed)
    write_parquet(curves, snakemake.output[0])
