"""Tables as people have them, through the whole workflow: what is missing ends no run, and is said."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from small_runs import ROOT

pytestmark = pytest.mark.workflow

LOGISTIC = {"type": "estimator", "class": "sklearn.linear_model.LogisticRegression"}


@pytest.fixture
def run_case(workflow):
    """A function that runs a table of tests/files/cases: the finished process, and the workflow."""

    def run(file, task, learners, **config):
        tasks = {"T": {"table": file, **task}}
        whole = {
            "tasks": tasks,
            "learners": learners,
            "figures": {"formats": ["png"]},
            "execution": {"fits_per_job": 20},
        }
        made = workflow(whole | config)
        shutil.copy(ROOT / "tests/files/cases" / file, made.folder)
        return made.run("--", "tables", check=False), made

    return run


def fits_of(run):
    return pd.read_csv(run / "tables/fits.csv", keep_default_na=False).set_index(["train_set", "learner"])


def test_rows_that_lack_values_are_dropped_and_the_rest_is_used(run_case):
    done, run = run_case(
        "08_drop_rows.csv", {"target": "y", "subset": "sex", "impute": "drop_rows"}, {"logistic": LOGISTIC}
    )
    assert done.returncode == 0, done.stdout
    folds = pd.read_parquet(run / "tables/folds.parquet")
    table = pd.read_csv(run.folder / "08_drop_rows.csv")
    assert len(folds) == len(table.dropna()) == 14
    assert set(fits_of(run)["prepared"]) == {""}


def test_one_class_in_a_subset_is_predicted_there(run_case):
    task = {"target": "species", "subset": "island", "stratum": ["species", "island"]}
    learners = {
        "logistic": LOGISTIC,
        "cv_glmnet": {"type": "cv_glmnet", "folds": 3},
        "mlp": {"type": "torch_mlp", "epochs": 2},
    }
    done, run = run_case("09_one_class.csv", task, learners)
    assert done.returncode == 0, done.stdout
    fits = fits_of(run)
    table = pd.read_csv(run.folder / "09_one_class.csv")
    alone = table.groupby("island")["species"].nunique() == 1
    (island,) = alone.index[alone]
    trained = fits.drop(".reference", level="learner")
    of_island = trained[trained.index.get_level_values("train_set").str.startswith(f"{island}.")]
    assert len(of_island) == 3 * 3
    assert of_island["note"].str.contains("which is predicted for every row").all()
    assert set(fits["status"]) == {"ok"}
    scores = pd.read_csv(run / "tables/scores.csv")
    assert scores["log_loss"].notna().all()
    own = scores[(scores["test_subset"] == island) & (scores["train_subsets"] == "same")]
    assert (own["zero_one_loss"] == 0).all()


def test_a_class_that_a_subset_lacks_has_probability_zero(run_case):
    task = {"target": "y", "type": "classification", "subset": "site", "stratum": ["y", "site"]}
    learners = {"cv_glmnet": {"type": "cv_glmnet", "folds": 3}, "logistic": LOGISTIC}
    done, run = run_case("10_absent_class.csv", task, learners, resampling={"folds": 2})
    assert done.returncode == 0, done.stdout
    fits = fits_of(run)
    assert set(fits["status"]) == {"ok"}
    assert fits.loc[("B.fold1", "logistic"), "note"] == "no train row of class 2: probability 0"
    assert "fewer than 2 rows in the rest" in fits.loc[("all.fold1", "cv_glmnet"), "note"]
    assert pd.read_csv(run / "tables/scores.csv")["log_loss"].notna().all()
    verdicts = pd.read_csv(run / "tables/verdicts.csv")
    assert set(verdicts["test_subset"]) == {"A", "B"}


def test_a_constant_number_fails_as_in_r_and_the_others_go_on(run_case):
    learners = {
        "cv_glmnet": {"type": "cv_glmnet", "folds": 3},
        "ols": {"type": "estimator", "class": "sklearn.linear_model.LinearRegression"},
    }
    _, run = run_case("17_constant_other.csv", {"target": "y", "subset": "s"}, learners, resampling={"folds": 2})
    fits = fits_of(run)
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
    fits, scores = fits_of(run), pd.read_csv(run / "tables/scores.csv")
    assert fits.loc[("B.fold1", "logistic"), ["status", "note"]].tolist() == ["empty", "the train set has no rows"]
    assert (scores["zero_one_loss"].isna() == (scores["n_train"] == 0)).all()
    assert scores["zero_one_loss"].isna().any()


def test_missing_values_are_filled_in_by_each_fits_train_rows(workflow):
    random = np.random.default_rng(2)
    table = pd.DataFrame({"s": ["A", "B"] * 45, "x": random.normal(size=90), "z": random.normal(size=90) * 1e3})
    table["c"] = random.choice(["p", "q"], 90)
    table["y"] = np.where(table["x"] + random.normal(size=90) / 2 > 0, "u", "v")
    for name in ("x", "z", "c"):
        table.loc[random.random(90) < 0.2, name] = None
    trees = {"type": "estimator", "class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 5}}
    task = {"table": "t.csv", "target": "y", "subset": "s"}
    run = workflow(
        {
            "tasks": {
                "Median": {**task, "impute": "median", "learners": ["cv_glmnet", "mlp", "logistic"]},
                "None": {**task, "impute": "none", "learners": ["trees"]},
            },
            "learners": {
                "cv_glmnet": {"type": "cv_glmnet", "folds": 3},
                "mlp": {"type": "torch_mlp", "epochs": 3, "scale": "standard"},
                "logistic": {**LOGISTIC, "scale": "standard"},
                "trees": trees,
            },
            "execution": {"fits_per_job": 20},
        }
    )
    table.to_csv(run.folder / "t.csv", index=False)
    run.run("--", "tables")
    fits = fits_of(run)
    assert set(fits["status"]) == {"ok"}
    assert (fits.loc[fits["task_id"] == "None", "prepared"] == "").all()
    folds = pd.read_parquet(run / "tables/folds.parquet").query("task_id == 'Median'")
    of_train = table[((folds["subset"] == "A") & (folds["fold"] != 1)).to_numpy()]
    numbers = {
        learner: json.loads(fits[fits["task_id"] == "Median"].loc[("A.fold1", learner), "prepared"])
        for learner in ("cv_glmnet", "mlp", "logistic")
    }
    for one in numbers.values():
        np.testing.assert_allclose([one["fill"][name] for name in "xz"], of_train[["x", "z"]].median())
    assert "mean" not in numbers["cv_glmnet"]
    assert numbers["mlp"] == numbers["logistic"]
    assert list(numbers["mlp"]["sd"]) == ["x", "z", "c=p", "c=q", "c=(missing)"]
    run.config["tasks"]["None"]["learners"] = ["trees", "logistic"]
    refused = run.run("--", "tables", check=False)
    assert refused.returncode != 0
    assert "learners.logistic: cannot take missing values, and x, z, c=p, c=q lack some" in refused.stdout
