"""Numbers kept while columns are described: the task is the same whatever block a value comes in."""

import numpy as np
import pandas as pd
import pytest

from soak.data import delimited
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

N = 60
LATE = np.arange(N) > 40


def table():
    """Columns that are not to their end what they are at their beginning."""
    random = np.random.default_rng(1)
    small = random.integers(0, 9, N)
    return pd.DataFrame(
        {
            "id": np.arange(N),
            "y": np.where(small % 2, "b", "a"),
            "s": np.where(random.random(N) < 0.5, "1.0", "1"),
            "bytes": small,
            "large": np.where(LATE, small * 1e6, small),
            "fraction": np.where(LATE, small + 0.1, small),
            "missing": np.where(LATE, "", small.astype(str)),
            "late": np.where(LATE, small.astype(str), ""),
            "code": np.where(LATE, "0" + small.astype(str), small.astype(str)),
            "blank": np.where(LATE, " " + small.astype(str), small.astype(str)),
            "yes": np.where(small > 4, "TRUE", "false"),
            "word": np.where(small > 4, "u", "v"),
            "z": random.standard_normal(N),
        }
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"impute": "none"},
        {"impute": "mean"},
        {"impute": "drop_rows", "exclude": ["late"]},
        {"impute": "none", "where": {"bytes": "> 2"}},
        {"impute": "drop_rows", "where": {"bytes": "> 2"}, "features": ["z", "missing", "bytes", "word"]},
        {"features": ["bytes"]},
        {"features": ["bytes", "large"]},
        {"features": ["fraction", "bytes"], "stratum": ["bytes"]},
        {"features": ["word", "yes"]},
        {"features": ["bytes", "code"], "categorical": ["bytes"]},
    ],
)
def test_blocks_do_not_matter(tmp_path, monkeypatch, settings):
    path = tmp_path / "my.csv"
    table().to_csv(path, index=False)
    files = []
    for size in (2**20, 200):
        monkeypatch.setattr(delimited, "_BLOCK", size)
        monkeypatch.setattr(delimited, "_BYTES_PER_VALUE", 1)
        files.append(tmp_path / f"{size}.arrow")
        build_task("T", TaskSettings(table=str(path), target="y", subset="s", **settings), path, files[-1])
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("features", "dtype"),
    [(["bytes"], np.uint8), (["bytes", "large"], np.float32), (["fraction"], np.float64), (["missing"], np.float32)],
)
def test_numbers_are_as_small_as_is_exact(tmp_path, monkeypatch, features, dtype):
    path = tmp_path / "my.csv"
    frame = table()
    frame.to_csv(path, index=False)
    monkeypatch.setattr(delimited, "_BLOCK", 200)
    monkeypatch.setattr(delimited, "_BYTES_PER_VALUE", 1)
    settings = TaskSettings(table=str(path), target="y", features=features, impute="none")
    build_task("T", settings, path, tmp_path / "T.arrow")
    stored = Task.open(tmp_path / "T.arrow").features
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored, frame[features].replace("", np.nan).to_numpy(dtype))
