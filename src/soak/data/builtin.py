"""Data that needs no network: what scikit-learn ships, and characters drawn from fonts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LETTERS = "AEFHKMRTXY"  # of font_letters, in the order of their labels
SCALE = 16.0  # ink of a pixel, from 0 to 16
_FONTS = Path(__file__).with_name("fonts.npz")  # made by tests/data/make_fonts.py
FONTS_SHA256 = "e534b1bf22d31f11ed1d6fbdeb4b13bd27831f086b67597cfbb29a0342aff31c"  # another file is other code


def builtin_images(name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of ``digits``, ``font_digits`` or ``font_letters``.

    ``digits`` are the 1797 scans of `sklearn.datasets.load_digits`. ``font_digits`` are digits of 21 faces, stored
    transposed, as EMNIST is; ``font_letters`` are ten letters of the same faces, upright.

    Returns
    -------
    images : array of shape (n, 8, 8)
        Ink from 0 to 16.
    labels : array of shape (n,)
        0 to 9.
    """
    if name == "digits":
        from sklearn.datasets import load_digits  # a second to import, for a few jobs only

        scans = load_digits()
        return scans.images.astype(np.uint8), scans.target.astype(np.int64)
    with np.load(_FONTS) as fonts:
        return fonts[name], fonts[f"{name}_labels"].astype(np.int64)


def builtin_table(name: str) -> pa.Table:
    """The table ``diabetes``: the 442 patients of `sklearn.datasets.load_diabetes` in their own units, target ``y``.

    The column sex has the texts sex1 and sex2: the source does not say which is which.
    """
    from sklearn.datasets import load_diabetes

    if name != "diabetes":
        raise ValueError(name)
    patients = load_diabetes(scaled=False)
    columns = {"y": patients.target}
    columns |= dict(zip(patients.feature_names, patients.data.T, strict=True))
    columns["sex"] = np.where(patients.data[:, patients.feature_names.index("sex")] == 1, "sex1", "sex2")
    return pa.table({name: pa.array(values) for name, values in columns.items()})
