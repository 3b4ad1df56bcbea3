"""Data that comes with the installed packages, so that the workflow runs without a network."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

SCALE = 16.0  # ink of a pixel, from 0 to 16
_N_PER_CHARACTER = 180  # 1800 rows, as many as scikit-learn has scans
_SEED = {"font_digits": 1, "font_letters": 2}


@dataclass(frozen=True)
class Images:
    """Images of shape (n, 8, 8), 0 to 16, and their labels, 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def builtin_images(name: str) -> Images:
    """One of the data sets digits, font_digits, font_letters.

    ``digits`` are the 1797 scans of `sklearn.datasets.load_digits`. ``font_digits`` are stored transposed, as EMNIST
    is; ``font_letters`` have ten letters for classes, upright (see `soak.data.fonts`).
    """
    # Imported here: each job of the workflow would otherwise wait a second for packages that few of them use.
    from sklearn.datasets import load_digits

    from soak.data.fonts import DIGITS, LETTERS, draw

    if name == "digits":
        scans = load_digits()
        return Images(scans.images.astype(np.uint8), scans.target.astype(np.int64))
    images, labels = draw({"font_digits": DIGITS, "font_letters": LETTERS}[name], _N_PER_CHARACTER, _SEED[name])
    if name == "font_digits":
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
    return Images(images, labels)


def builtin_table(name: str) -> pa.Table:
    """The table diabetes: 442 patients of `sklearn.datasets.load_diabetes`, in their own units, target ``y``.

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
