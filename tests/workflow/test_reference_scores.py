"""R's scores of three tables, from the workflow itself: its folds, its fits, its tables."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

REFERENCE = Path(__file__).parents[1] / "reference"
STRESS = bool(os.environ.get("SOAK_STRESS"))
KEYS = ["task_id", "test_subset", "train_subsets", "test_fold", "seed", "groups", "n_train_groups", "algorithm"]
MEASURES = {
    "classif_logloss": "log_loss",
    "classif_auc": "roc_auc",
    "regr_mse": "mean_squared_error",
    "regr_mae": "mean_absolute_error",
}
TASKS = {
    "digits": {"target": "y", "subset": "subset_col", "group": "writer", "stratum": ["y"]},
    "threeeight": {
        "target": "y",
        "subset": "subset_col",
        "stratum": ["y"],
        "measures": ["zero_one_loss", "log_loss", "roc_auc"],
    },
    "diabetes": {"target": "y", "subset": "sex"},
}
LEARNERS = {"cv_glmnet": {"type": "cv_glmnet"}, "featureless": {"type": "featureless"}}


def make_tables(folder):
    spec = importlib.util.spec_from_file_location("make_tables", REFERENCE / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(folder)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["threeeight", "diabetes"], id="two tables"),
        pytest.param(
            ["digits"], id="digits", marks=pytest.mark.skipif(not STRESS, reason="SOAK_STRESS=1 runs it (a minute)")
        ),
    ],
)
def test_scores_of_r(workflow, names):
    """Zero-one loss exactly, featureless included, the others to 1e-6, lambda to 1e-9."""
    run = workflow({"tasks": {name: {"table": f"{name}.csv"} | TASKS[name] for name in names}, "learners": LEARNERS})
    make_tables(run.folder)
    run.run("--", "tables")
    ours = pd.read_csv(run / "tables/scores.csv")
    theirs = pd.concat([pd.read_csv(REFERENCE / f"scores_{name}.csv") for name in names])
    both = ours.merge(theirs, on=KEYS, how="outer", validate="one_to_one", indicator=True, suffixes=("", "_r"))
    assert set(both["_merge"]) == {"both"}
    assert (both["iteration"] == both["iteration_r"]).all()
    for r, name in MEASURES.items():
        if r in theirs:
            np.testing.assert_allclose(both[name], both[r], rtol=1e-6, equal_nan=True, err_msg=name)
    if "classif_ce" in theirs:
        assert both["zero_one_loss"].equals(both["classif_ce"])

    fits = pd.read_csv(run / "tables/fits.csv")
    splits = pd.read_csv(run / "tables/splits.csv")
    chosen = both.merge(splits[[*KEYS[:-1], "train_set"]]).merge(fits.query("learner == 'cv_glmnet'"))
    for s in ("min", "1se"):
        of_s = chosen[chosen["algorithm"] == f"cv_glmnet_{s}"]
        np.testing.assert_allclose(of_s[f"lambda_{s}"], of_s["lambda"], rtol=1e-9)
