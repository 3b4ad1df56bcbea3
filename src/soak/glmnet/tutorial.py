"""The tutorial's figure: glmnet without cross-validation, its error on both halves along the path."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.glmnet.path import Family, fit_path
from soak.learners.cv_glmnet import CvGlmnet


def glmnet_path(features: NDArray[np.float64], target: NDArray[np.integer], n_classes: int) -> pd.DataFrame:
    """Percent error of glmnet on its own rows and on others, at each penalty of its path.

    The 2nd, 4th, ... rows are the subtrain set, the 1st, 3rd, ... the validation set, as in the blog post that
    the tutorial figures come from.

    Parameters
    ----------
    features : array of shape (n, n_features)
    target : int array of shape (n,)
        Class codes 0 .. n_classes - 1; every class needs two rows in the subtrain set.

    Returns
    -------
    DataFrame with columns set, penalty (descending within a set), complexity (-log10 of it), error_percent
    """
    subtrain, validation = slice(1, None, 2), slice(0, None, 2)
    one_hot = np.eye(n_classes)[target[subtrain]]
    family: Family = "binomial" if n_classes == 2 else "multinomial"
    path = fit_path(CvGlmnet(type="cv_glmnet"), family, np.array(features[subtrain], np.float64, order="F"), one_hot)
    curves = []
    for name, rows in (("subtrain", subtrain), ("validation", validation)):
        link = path.link(np.asarray(features[rows], np.float64))
        predicted = (link[..., 0] > 0) if n_classes == 2 else link.argmax(axis=2)
        curves.append(
            pd.DataFrame(
                {
                    "set": name,
                    "penalty": path.lambdas,
                    "complexity": -np.log10(path.lambdas),
                    "error_percent": 100 * (predicted != target[rows][:, None]).mean(axis=0),
                }
            )
        )
    return pd.concat(curves, ignore_index=True)
