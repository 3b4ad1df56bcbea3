"""The config of docs/from_mlr3resampling.md gives the scores of the page's R script; awkward tables, from CSV to R's scores."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from documents import blocks
from small_runs import ROOT

pytestmark = pytest.mark.workflow

REFERENCE = Path(__file__).parents[1] / "reference/edge/workflow"
PAGE = ROOT / "docs/from_mlr3resampling.md"
LEARNERS = {"classif.featureless": "featureless", "classif.cv_glmnet": "cv_glmnet_1se"}
MEASURES = {"classif.ce": "zero_one_loss", "classif.logloss": "log_loss", "ce": "zero_one_loss", "logloss": "log_loss"}


def scores_of(run, *tables):
    for name in tables:
        shutil.copy(REFERENCE / name, run.folder)
    run.run("--", "tables")
    return pd.read_csv(run / "tables/scores.csv")


def check(ours, theirs, keys):
    both = theirs.merge(ours, on=keys, validate="one_to_one")
    assert len(both) == len(theirs)
    for r in MEASURES.keys() & set(theirs):
        assert both[MEASURES[r]].to_numpy() == pytest.approx(both[r].to_numpy(), rel=1e-9, abs=0), r


def test_the_page_s_config_gives_its_script_s_scores(workflow):
    config = yaml.safe_load(next(blocks(PAGE, "yaml")).text)
    scores = scores_of(workflow(config), "my.csv")
    theirs = pd.read_csv(REFERENCE / "scores_proj.csv")
    theirs["algorithm"] = theirs["learner_id"].map(LEARNERS)
    check(scores, theirs, ["iteration", "algorithm"])
    script = next(blocks(PAGE, "r")).text
    assert "proj_compute_all(" in script
    assert "benchmark(" not in script  # it sets no seed before a fit


def test_awkward_tables_give_r_s_scores(workflow):
    """Subsets that are numbers, and curves that are flat, from the file on."""
    run = workflow(
        {
            "tasks": {
                "Numbers": {
                    "table": "numbers.csv",
                    "target": "y",
                    "type": "classification",
                    "subset": "part",
                    "stratum": "y",
                },
                "Flat": {
                    "table": "flat.csv",
                    "target": "y",
                    "subset": "part",
                    "stratum": "y",
                    "resampling": {"folds": 2},
                },
            },
            "learners": {"lasso": {"type": "cv_glmnet"}, "lasso3": {"type": "cv_glmnet", "folds": 3}},
        }
    )
    run.config["tasks"]["Numbers"] |= {"features": "^x", "learners": ["lasso"]}
    run.config["tasks"]["Flat"] |= {"features": ["x1", "x2"], "learners": ["lasso3"]}
    scores = scores_of(run, "numbers.csv", "flat.csv")
    scores["algorithm"] = scores["algorithm"].str.replace(r"lasso3?", "cv_glmnet", regex=True)
    for task in ("Numbers", "Flat"):
        check(scores[scores["task_id"] == task], pd.read_csv(REFERENCE / f"{task}_R.csv"), ["iteration", "algorithm"])
