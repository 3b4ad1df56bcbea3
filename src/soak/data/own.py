"""Data sets in a format that this library does not know: a reader of the user's own, in a file beside the config."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.plugins import call


def read_own(reader: str, path: Path, where: str, name: str) -> Dataset:
    """Read a file with a function of the user's own.

    Parameters
    ----------
    reader : str
        Import path of ``function(path)``, which gives (features, labels) or (features, labels, parts): features of
        shape (n, n_features), (n, height, width) or (n, channels, height, width), and a value per row of the others.
        Pixels of uint8 reach the learners divided by 255.
    where : str
        What errors call the file.

    Raises
    ------
    SoakError
        If the function fails, or what it gives is no data set.
    """
    made = call(reader, "reader", where, path)
    if not isinstance(made, tuple) or len(made) not in (2, 3):
        raise SoakError(f"{where}: {reader} gives {made!r:.60}; needed are features, labels and, if any, parts")
    features, labels, *parts = (np.asarray(one) for one in made)
    _check(features, labels, parts, f"{where}: {reader}")
    if labels.dtype.kind in "iub":
        labels = labels.astype(np.int64)
    else:
        labels = np.array([str(label) for label in labels], dtype=object)
    part = np.array([str(one) for one in parts[0]]) if parts else None
    shape = features.shape[1:] if features.ndim > 2 else None
    scale = 255.0 if features.dtype == np.uint8 else 1.0
    return Dataset(name, features.reshape(len(features), -1), scale, labels, part, shape)


def _check(features: NDArray[Any], labels: NDArray[Any], parts: list[NDArray[Any]], who: str) -> None:
    if features.dtype.kind not in "uif" or features.ndim not in (2, 3, 4):
        raise SoakError(
            f"{who} gives features of type {features.dtype} and shape {features.shape}; needed are numbers of shape "
            "(n, n_features), (n, height, width) or (n, channels, height, width)"
        )
    for what, values in (("labels", labels), *(("parts", one) for one in parts)):
        if values.shape != (len(features),):
            raise SoakError(f"{who} gives {what} of shape {values.shape} for {len(features)} rows; needed is one a row")
    if features.dtype.kind == "f" and not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features.reshape(len(features), -1)).all(axis=1))[0])
        raise SoakError(f"{who} gives a value that is no finite number in row {row + 1}")
