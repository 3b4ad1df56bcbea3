"""Tables as people have them, through the whole workflow: what is missing ends no run, and is said."""

import copy
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from small_runs import ROOT, Workflow

pytestmark = pytest.mark.workflow

LOGISTIC = {"type": "estimator", "class": "sklearn.linear_model.LogisticRegression"}


CASES = ROOT / "tests/files/cases"
LEARNERS = {
    "logistic": LOGISTIC,
    "scaled": {**LOGISTIC, "scale": "standard"},
    "ols": {"type": "estimator", "class": "sklearn.linear_model.LinearRegression"},
    "trees": {
        "type": "estimator",
        "class": "sklearn.ensemble.HistGradientBoostingClassifier",
        "params": {"max_iter": 5},
    },
    "cv_glmnet": {"type": "cv_glmnet", "folds": 3},
    "mlp": {"type": "torch_mlp", "epochs": 2, "scale": "standard"},
}


def gaps():
    """Two classes by two numbers and a text, of each of which a fifth is missing."""
    random = np.random.default_rng(2)
    table = pd.DataFrame({"s": ["A", "B"] * 45, "x": random.normal(size=90), "z": random.normal(size=90) * 1e3})
    table["c"] = random.choice(["p", "q"], 90)
    table["y"] = np.where(table["x"] + random.normal(size=90) / 2 > 0, "u", "v")
    for name in ("x", "z", "c"):
        table.loc[random.random(90) < 0.2, name] = None
    return table


def run_tables(folder, tasks, **config):
    """The tables of a run of tasks on tests/files/cases and `gaps`; its folder, and the finished process as ``done``."""
    learners = {name: LEARNERS[name] for name in LEARNERS if any(name in task["learners"] for task in tasks.values())}
    run = Workflow(folder, {"tasks": tasks, "learners": learners, "execution": {"fits_per_job": 20}, **config})
    for task in tasks.values():
        if (CASES / task["table"]).exists():
            shutil.copy(CASES / task["table"], folder)
    gaps().to_csv(folder / "gaps.csv", index=False)
    run.done = run.run("--", "tables", check=False)
    return run


@pytest.fixture(scope="module")
def incomplete(tmp_path_factory):
    """A run that ends well, whatever its tables lack."""
    gap = {"table": "gaps.csv", "target": "y", "subset": "s"}
    tasks = {
        "Dropped": {
            "table": "08_drop_rows.csv", "target": "y", "subset": "sex", "impute": "drop_rows", "learners": ["logistic"],
        },
        "Islands": {
            "table": "09_one_class.csv", "target": "species", "subset": "island", "stratum": ["species", "island"],
            "learners": ["logistic", "cv_glmnet", "mlp"],
        },
        "Sites": {
            "table": "10_absent_class.csv", "target": "y", "type": "classification", "subset": "site",
            "stratum": ["y", "site"], "resampling": {"folds": 2}, "learners": ["cv_glmnet", "logistic"],
        },
        "Median": {**gap, "impute": "median", "learners": ["cv_glmnet", "mlp", "scaled"]},
        "None": {**gap, "impute": "none", "learners": ["trees"]},
    }  # fmt: skip
    run = run_tables(tmp_path_factory.mktemp("incomplete"), tasks)
    assert run.done.returncode == 0, run.done.stdout
    return run


def table_of(run, name, task, read=pd.read_csv, **how):
    """The rows of a task of one of a run's tables."""
    table = read(run / "tables" / name, **how)
    return table[table["task_id"] == task]


def fits_of(run, task):
    return table_of(run, "fits.csv", task, keep_default_na=False).set_index(["train_set", "learner"])


def test_rows_that_lack_values_are_dropped_and_the_rest_is_used(incomplete):
    folds = table_of(incomplete, "folds.parquet", "Dropped", pd.read_parquet)
    table = pd.read_csv(CASES / "08_drop_rows.csv")
    assert len(folds) == len(table.dropna()) == 14
    assert set(fits_of(incomplete, "Dropped")["prepared"]) == {""}


def test_one_class_in_a_subset_is_predicted_there(incomplete):
    fits = fits_of(incomplete, "Islands")
    table = pd.read_csv(CASES / "09_one_class.csv")
    alone = table.groupby("island")["species"].nunique() == 1
    (island,) = alone.index[alone]
    trained = fits.drop(".reference", level="learner")
    of_island = trained[trained.index.get_level_values("train_set").str.startswith(f"{island}.")]
    assert len(of_island) == 3 * 3
    assert of_island["note"].str.contains("which is predicted for every row").all()
    assert set(fits["status"]) == {"ok"}
    scores = table_of(incomplete, "scores.csv", "Islands")
    assert scores["log_loss"].notna().all()
    own = scores[(scores["test_subset"] == island) & (scores["train_subsets"] == "same")]
    assert (own["zero_one_loss"] == 0).all()


def test_missing_values_are_filled_in_by_each_fits_train_rows(incomplete):
    fits = fits_of(incomplete, "Median")
    assert set(fits["status"]) == {"ok"}
    folds = table_of(incomplete, "folds.parquet", "Median", pd.read_parquet)
    of_train = gaps()[((folds["subset"] == "A") & (folds["fold"] != 1)).to_numpy()]
    numbers = {
        learner: json.loads(fits.loc[("A.fold1", learner), "prepared"]) for learner in ("cv_glmnet", "mlp", "scaled")
    }
    for one in numbers.values():
        np.testing.assert_allclose([one["fill"][name] for name in "xz"], of_train[["x", "z"]].median())
    assert "mean" not in numbers["cv_glmnet"]
    assert numbers["mlp"] == numbers["scaled"]
    assert list(numbers["mlp"]["sd"]) == ["x", "z", "c=p", "c=q", "c=(missing)"]


def test_missing_values_stay_for_a_learner_that_takes_them(incomplete):
    fits = fits_of(incomplete, "None")
    assert set(fits["status"]) == {"ok"}
    assert (fits["prepared"] == "").all()


def test_missing_values_are_refused_for_a_learner_that_does_not_take_them(incomplete):
    config = copy.deepcopy(incomplete.config)
    config["tasks"]["None"]["learners"] = ["trees", "logistic"]
    refused = Workflow(incomplete.folder, config).run("--", "tables", check=False)
    assert refused.returncode != 0
    assert "learners.logistic: cannot take missing values, and x, z, c=p, c=q lack some" in refused.stdout


def test_a_class_that_a_subset_lacks_has_probability_zero(incomplete):
    fits = fits_of(incomplete, "Sites")
    assert set(fits["status"]) == {"ok"}
    assert fits.loc[("B.fold1", "logistic"), "note"] == "no train row of class 2: probability 0"
    assert "fewer than 2 rows in the rest" in fits.loc[("all.fold1", "cv_glmnet"), "note"]
    assert table_of(incomplete, "scores.csv", "Sites")["log_loss"].notna().all()
    assert set(table_of(incomplete, "verdicts.csv", "Sites")["test_subset"]) == {"A", "B"}


def test_a_constant_number_fails_as_in_r_and_the_others_go_on(tmp_path):
    task = {"table": "17_constant_other.csv", "target": "y", "subset": "s", "learners": ["cv_glmnet", "ols"]}
    fits = fits_of(run_tables(tmp_path, {"Constant": task}, resampling={"folds": 2}), "Constant")
    failed = fits[fits["status"] == "failed"]
    assert set(failed.index.get_level_values("learner")) == {"cv_glmnet"}
    assert set(failed["reason"]) == {"the target is constant in the train rows"}
    assert (fits.xs("ols", level="learner")["status"] == "ok").all()


def test_a_train_set_without_rows_is_an_empty_score(workflow):
    """All rows of B are in fold 1."""
    random = np.random.default_rng(1)
    table = pd.DataFrame({"s": ["A", "B"] * 30, "x": random.normal(size=60)})
    table["f"] = np.where(table["s"] == "B", 1, 1 + np.arange(60) // 2 % 2)
    table["y"] = np.where(table["x"] + random.normal(size=60) / 2 > 0, "u", "v")
    run = workflow(
        {
            "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "s", "fold": "f"}},
            "learners": {"logistic": LOGISTIC},
            "figures": {"formats": ["png"]},
        }
    )
    table.to_csv(run.folder / "t.csv", index=False)
    run.run()  # figures and report too
    fits, scores = fits_of(run, "T"), pd.read_csv(run / "tables/scores.csv")
    assert fits.loc[("B.fold1", "logistic"), ["status", "note"]].tolist() == ["empty", "the train set has no rows"]
    assert (scores["zero_one_loss"].isna() == (scores["n_train"] == 0)).all()
    assert scores["zero_one_loss"].isna().any()
