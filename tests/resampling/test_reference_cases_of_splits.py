"""Random tables: the folds and splits of R to the row, where it has them (tests/reference/README.random.md)."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_cases

from soak import SameOtherSizesCV

CASES = [
    *read_cases("random/resampling_safe"),
    *read_cases("random/resampling_wild"),
    *read_cases("edge/factor_levels"),
]
TYPES = {"integer": np.int64, "double": float, "logical": bool}
COLUMNS = ("train_subsets", "seed", "groups", "n_train_groups", "n_train", "n_test")


def column(spec):
    if spec["type"] in ("factor", "ordered"):
        return pd.Categorical(spec["values"], spec["levels"])
    return np.array(spec["values"], dtype=TYPES.get(spec["type"], object))


def spelled(value):
    """A value as R writes it."""
    if isinstance(value, bool | np.bool_):
        return str(value).upper()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def digest(rows):
    return hashlib.md5(",".join(map(str, rows.tolist())).encode()).hexdigest()


@pytest.mark.parametrize(("case", "answer"), CASES)
@pytest.mark.filterwarnings("ignore:.*has no effect on the folds", "ignore:.* (fewer than the|cannot fill) ")
def test_folds_and_splits_are_r_s(case, answer):
    given = {name: column(spec) for name, spec in case["columns"].items()}
    roles = {role: given.get(f"{role}_") for role in ("subset", "group", "fold")}
    strata = {name: values for name, values in given.items() if name.startswith("stratum_")}
    settings = case["params"]
    cv = SameOtherSizesCV(
        **{name: value for name, value in settings.items() if name != "algo"},
        group_stratum_algo=settings["algo"],
        random_state=case["seed"],
    )
    if roles["subset"] is None:  # without one all rows are R's subset "full"
        roles["subset"] = ["full"] * case["n"]
    instance = cv.instantiate(**roles, stratum=strata or None)
    assert [spelled(subset) for subset in instance.table["test_subset"]] == answer["test_subset"]
    for name in COLUMNS:
        assert instance.table[name].tolist() == answer[name], name
    for name, rows_of in (("train", instance.train), ("test", instance.test)):
        assert [digest(rows_of(iteration)) for iteration in instance.table["iteration"]] == answer[name]
    if "fold_" not in given:  # given folds of text are numbered here
        assert instance.folds.tolist() == answer["folds"]
        assert instance.table["test_fold"].tolist() == answer["test_fold"]
