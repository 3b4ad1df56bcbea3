"""Random and awkward tables: R's cv_glmnet to nine digits, and to the response of every row (tests/reference/README.random.md)."""

import numpy as np
import pytest
from reference_cases import read_cases

from soak.fitting.model import fit_model
from soak.learners.base import FitFailed, TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.rrandom import RRandom
from soak.tasks.task import Task, TaskRows

RANDOM = [f"random/cv_glmnet_{kind}" for kind in ("any", "flat", "null", "auc")]
EDGE = [
    *(f"edge/cv_glmnet_{number}" for number in ("97", "256", "266", "299_tie", "auc_18", "auc_29")),
    "edge/few_rows",
    "edge/zero_correlation",
]
CASES = [case for name in [*RANDOM, *EDGE] for case in read_cases(name)]
ABSENT = "one multinomial or binomial class has 1 or 0 observations; not allowed"


def make_task(case):
    features = np.column_stack([np.array(column["values"], dtype=float) for column in case["x"]])
    names, classes = tuple(column["name"] for column in case["x"]), tuple(case["classes"])
    kind = "classification" if classes else "regression"
    target = (
        np.array([classes.index(label) for label in case["y"]], np.int32) if classes else np.array(case["y"], float)
    )
    weights = np.array(case["w"], float) if "w" in case else None
    subset = np.repeat("A", len(target))
    return Task("made", kind, features, names, 1.0, target, classes, subset, {}, weights=weights)


def fit(case, task):
    settings = CvGlmnet(type="cv_glmnet", **case["settings"])
    return fit_model(settings, "lasso", TrainData(TaskRows(task, np.array(case["train"])), case["seed"], 0))


def close(ours, theirs):
    np.testing.assert_allclose(ours, np.array(theirs, dtype=float), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("case", "answer"), CASES)
def test_curve_lambdas_and_predictions_are_r_s(case, answer):
    task = make_task(case)
    if "error" in answer:
        check_what_r_refuses(case, task, answer["error"][0])
        return
    found = fit(case, task)
    for name in ("lambda", "cvm", "cvsd", "nzero"):
        close(found.tables["path"][name], answer[name])
    random = RRandom(case["seed"])
    random.permutation(len(case["train"]))  # the inner folds; R's script then predicts twice with one learner
    for s in ("min", "1se"):
        close(found.info[f"lambda_{s}"], answer[f"lambda_{s}"][0])
        prediction, expected = (
            found.predict[f"lasso_{s}"](TaskRows(task, np.array(case["test"]))),
            answer[f"lambda.{s}"],
        )
        if not case["classes"]:
            close(prediction.response, expected["response"])
            continue
        close(prediction.probabilities, expected["prob"])
        drawn = random.max_col(prediction.probabilities)
        assert [case["classes"][code] for code in drawn] == expected["response"]
        if s == "min":
            assert drawn.tolist() == prediction.response.tolist()


@pytest.mark.parametrize(("case", "answer"), read_cases("parameters/cv_glmnet_parameters"))
def test_the_less_usual_parameters_give_r_s_numbers(case, answer):
    task = make_task(case)
    found = fit(case, task)
    for name in ("lambda", "cvm", "cvsd"):
        close(found.tables["path"][name], answer[name])
    of_r = np.array(answer["nzero"])
    if case["settings"].get("type_multinomial") == "grouped" and case["settings"].get("intercept", True):
        of_r = of_r - 1  # there R counts the intercept too
    assert found.tables["path"]["nzero"].tolist() == of_r.tolist()
    for s in ("min", "1se"):
        close(found.info[f"lambda_{s}"], answer[f"lambda_{s}"][0])
        prediction = found.predict[f"lasso_{s}"](TaskRows(task, np.array(case["test"])))
        ours, expected = (prediction.probabilities, "prob") if case["classes"] else (prediction.response, "response")
        close(ours, answer[f"lambda.{s}"][expected])


def check_what_r_refuses(case, task, error):
    """A class with too few rows is a model with a note; all else that R refuses is a failed fit."""
    if error == ABSENT:
        found = fit(case, task)
        assert found.info["note"]
        probabilities = found.predict["lasso_min"](TaskRows(task, np.array(case["test"]))).probabilities
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    else:
        with pytest.raises(FitFailed, match="no feature is correlated with the target in the rest of an inner fold"):
            fit(case, task)
