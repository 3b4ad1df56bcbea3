"""The tables behind tests/reference/folds_*.csv and splits_*.csv, and the settings of each file."""

import sys
from functools import cache
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).parents[1] / "reference"
sys.path.insert(0, str(REFERENCE))

# name of the files -> table, columns of group and stratum, settings
CASES = {
    "digits_group_stratum": ("digits", "writer", "y", {}),
    "digits_group_stratum_sizes0": ("digits", "writer", "y", {"sizes": 0}),
    "digits_group_stratum_sizes2_seeds2": ("digits", "writer", "y", {"sizes": 2, "seeds": 2}),
    "digits_group_stratum_folds5_SO": ("digits", "writer", "y", {"folds": 5, "subsets": "SO"}),
    "digits_group_stratum_Wasikowski": ("digits", "writer", "y", {"group_stratum_algo": "Wasikowski"}),
    "digits_group_stratum_WasikowskiLimitedMemory": (
        "digits",
        "writer",
        "y",
        {"group_stratum_algo": "WasikowskiLimitedMemory"},
    ),
    "digits_group_nostratum": ("digits", "writer", None, {}),
    "digits_nogroup_stratum": ("digits", None, "y", {"sizes": 0}),
    "digits_nogroup_nostratum": ("digits", None, None, {"folds": 10}),
    "digits_ignore_subset_sizes3": ("digits", "writer", "y", {"ignore_subset": True, "sizes": 3, "ratio": 0.8}),
    "threeeight": ("threeeight", None, "y", {}),
    "diabetes": ("diabetes", None, None, {"sizes": 0}),
    "diabetes_seed42": ("diabetes", None, None, {"random_state": 42, "folds": 4, "subsets": "SA"}),
}


@cache
def tables(folder):
    """digits, threeeight and diabetes, made by the same script as R's were."""
    import make_tables

    make_tables.main(folder)
    return {name: pd.read_csv(folder / f"{name}.csv") for name in ("digits", "threeeight", "diabetes")}


def columns(case, folder):
    """Subset, group and stratum of a case, and its settings."""
    name, group, stratum, settings = CASES[case]
    table = tables(folder)[name]
    subset = table["sex" if name == "diabetes" else "subset_col"]
    return (
        {
            "subset": subset,
            "group": None if group is None else table[group],
            "stratum": None if stratum is None else table[stratum],
        },
        settings,
    )


def read_folds(case):
    return pd.read_csv(REFERENCE / f"folds_{case}.csv")["fold"].to_numpy()


def read_splits(case):
    return pd.read_csv(REFERENCE / f"splits_{case}.csv")
