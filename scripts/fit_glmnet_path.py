"""Rule fit_glmnet_path: glmnet without cross-validation, for its figure; an empty table where glmnet refuses the rows."""

import numpy as np
import pandas as pd

from soak.data.dataset import Dataset
from soak.errors import FitFailed
from soak.glmnet.cross_validation import halves_curve
from soak.job import job
from soak.tables import write_parquet

with job(snakemake.log, snakemake.input, snakemake.output):
    images, rows = Dataset.open(snakemake.input[0]), snakemake.params.rows
    classes, codes = np.unique(images.label[:rows], return_inverse=True)
    try:
        curves = halves_curve(images.features[:rows] / images.scale, codes, len(classes))
    except FitFailed as error:  # as a failed fit: all else goes on
        print(error)
        curves = pd.DataFrame(columns=["set", "penalty", "complexity", "error_percent"])
    write_parquet(curves, snakemake.output[0])
