"""The registry tells what a learner is without importing anything that the learner uses."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from sklearn.utils import all_estimators

from soak.config.learners import CvGlmnet, LearnerSettings
from soak.learners import registry

SCRIPTS = Path(__file__).parents[2] / "scripts"


def settings(**given):
    return TypeAdapter(LearnerSettings).validate_python(given)


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from soak.learners import registry as r; from soak.config.learners import *;"
        "s = Estimator(**{'type': 'estimator', 'class': 'sklearn.svm.SVC'}); g = CvGlmnet(type='cv_glmnet');"
        "[f(x) for x in (s, g) for f in (r.packages, r.modules)]; r.algorithms('a', g); r.suits(s, 'regression');"
        "print([m for m in ('torch', 'sklearn', 'glmnet', 'pandas', 'numpy') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "[]"


def test_algorithms():
    assert registry.algorithms("lasso", settings(type="cv_glmnet")) == ("lasso_min", "lasso_1se")
    assert registry.algorithms("lasso", settings(type="cv_glmnet", s=0.01)) == ("lasso_0.01",)
    assert registry.algorithms("lasso", settings(type="cv_glmnet", s=["1se", 1e-5])) == ("lasso_1se", "lasso_1e-05")
    assert registry.algorithms("base", settings(type="featureless")) == ("base",)


def test_a_penalty_named_twice_is_refused():
    with pytest.raises(ValueError, match="once"):
        CvGlmnet(type="cv_glmnet", s=["min", "min"])


@pytest.mark.parametrize("kind", ["featureless", "cv_glmnet"])
def test_modules_exist_and_can_fit(kind):
    for name in registry.modules(settings(type=kind)):
        assert callable(importlib.import_module(name).fit)


def test_packages_have_versions():
    assert set(registry.packages(settings(type="cv_glmnet"))) == {"glmstar", "numpy"}
    estimator = settings(**{"type": "estimator", "class": "sklearn.neighbors.KNeighborsClassifier"})
    assert set(registry.packages(estimator)) == {"scikit-learn", "numpy"}
    pil = settings(**{"type": "estimator", "class": "PIL.Image"})  # installed as pillow
    assert "pillow" in registry.packages(pil)
    own = settings(**{"type": "estimator", "class": "my_models.Mine"})
    assert set(registry.packages(own)) == {"scikit-learn", "numpy"}


@pytest.mark.parametrize(
    ("kind", "other"), [("classifier", "regression"), ("regressor", "classification")], ids=["classifier", "regressor"]
)
def test_every_estimator_of_sklearn_suits_its_own_task_type_only(kind, other):
    names = [name for name, _ in all_estimators(kind)]
    assert len(names) > 40
    own = {"regression": "classification", "classification": "regression"}[other]
    for name in names:
        one = settings(**{"type": "estimator", "class": f"sklearn.somewhere.{name}"})
        assert registry.suits(one, own), name
        assert not registry.suits(one, other), name


def test_suits_by_settings():
    assert registry.suits(settings(type="cv_glmnet"), "regression")
    assert not registry.suits(settings(type="cv_glmnet", type_measure="auc"), "regression")
    assert not registry.suits(settings(type="torch_mlp", loss="cross_entropy"), "regression")
    assert not registry.suits(settings(type="torch_mlp", loss="mse_loss"), "classification")
    assert registry.suits(settings(type="torch_mlp"), "regression")
    unknown = settings(**{"type": "estimator", "class": "my_models.Mine"})
    assert registry.suits(unknown, "regression")
    assert registry.suits(unknown, "classification")
