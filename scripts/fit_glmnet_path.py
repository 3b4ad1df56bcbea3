"""Rule fit_glmnet_path: glmnet without cross-validation, for its figure."""

import numpy as np

from soak.data.dataset import Dataset
from soak.job import job
from soak.learners.glmnet_path import glmnet_path
from soak.tables import write_parquet

with job(snakemake.log):
    images = Dataset.open(snakemake.input.data)
    classes, codes = np.unique(images.label, return_inverse=True)
    write_parquet(glmnet_path(images.features / images.scale, codes, len(classes)), snakemake.output[0])
