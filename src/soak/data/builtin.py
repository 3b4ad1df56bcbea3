"""Data that needs no network: what scikit-learn ships, characters drawn from fonts, and simulated tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.rrandom import RRandom

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
    """A table: diabetes, soaked_different or soaked_iid_easy.

    ``diabetes`` are the 442 patients of `sklearn.datasets.load_diabetes` in their own units, target ``y``. The column sex
    has the texts sex1 and sex2: the source does not say which is which. The others: see `_simulated`.
    """
    if name == "diabetes":
        from sklearn.datasets import load_diabetes

        patients = load_diabetes(scaled=False)
        columns = {"y": patients.target}
        columns |= dict(zip(patients.feature_names, patients.data.T, strict=True))
        columns["sex"] = np.where(patients.data[:, patients.feature_names.index("sex")] == 1, "sex1", "sex2")
    else:
        columns = _simulated()[name]
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _simulated() -> dict[str, dict[str, NDArray[Any]]]:
    """The simulated tables of the author of SOAK (github.com/tdhock/cv-same-other-paper, figure-SOAKED-seeds).

    A sine curve with noise, columns x, y and Subset. ``soaked_different``: 400 rows, large, with noise of SD 0.1 and 200
    rows, small, with noise of SD 1.7. ``soaked_iid_easy``: 80 rows, large, and 40, small, all with noise of SD 0.1. R's
    random numbers are drawn in the author's order: 2400 x, noise of both kinds, then which rows are taken.
    """
    n, most = 2400, 3 * np.pi
    random = RRandom(2)
    x = most * (2 * random.unif(n) - 1)
    easy, hard = (np.sin(x) + sd * random.norm(n) for sd in (0.1, 1.7))
    random = RRandom(1)
    large, small, mixed = (random.permutation(n, size) for size in (400, 200, 120))
    return {
        "soaked_different": {
            "x": np.concatenate([x[large], x[small]]),
            "y": np.concatenate([easy[large], hard[small]]),
            "Subset": np.repeat(["large", "small"], [400, 200]),
        },
        "soaked_iid_easy": {"x": x[mixed], "y": easy[mixed], "Subset": np.tile(["large", "large", "small"], 40)},
    }
