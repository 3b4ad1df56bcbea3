"""The catalogue knows what a learner is without importing anything that the learner uses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.utils import all_estimators

from soak.learners.catalog import learner
from soak.learners.cv_glmnet import CvGlmnet

SOURCE = Path(__file__).parents[2] / "src"


def settings(**given):
    return learner(given)


def run_python(code):
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return ran.stdout.strip()


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from soak.learners.catalog import LEARNER_TYPES, learner; assert len(LEARNER_TYPES) == 6;"
        "s = learner({'type': 'estimator', 'class': 'sklearn.svm.SVC'}); g = learner({'type': 'cv_glmnet'});"
        "[x.versions() for x in (s, g)]; g.algorithms('a'); s.suits('regression');"
        "print([m for m in ('torch', 'sklearn', 'glmnet', 'scipy', 'numba', 'matplotlib') if m in sys.modules])"
    )
    assert run_python(code) == "[]"


def test_a_learner_imports_no_other_type():
    code = (
        "import sys; from soak.learners.catalog import learner; learner({'type': 'cv_glmnet'});"
        "print(sorted(name for name in sys.modules if name.startswith('soak.learners.')))"
    )
    assert run_python(code) == "['soak.learners.base', 'soak.learners.catalog', 'soak.learners.cv_glmnet']"


def test_algorithms():
    assert settings(type="cv_glmnet").algorithms("lasso") == ("lasso_min", "lasso_1se")
    assert settings(type="cv_glmnet", s=0.01).algorithms("lasso") == ("lasso_0.01",)
    assert settings(type="cv_glmnet", s=["1se", 1e-5]).algorithms("lasso") == ("lasso_1se", "lasso_1e-05")
    assert settings(type="featureless").algorithms("base") == ("base",)


def test_a_penalty_named_twice_is_refused():
    with pytest.raises(ValueError, match="once"):
        CvGlmnet(type="cv_glmnet", s=["min", "min"])


def test_packages_have_versions():
    assert set(settings(type="cv_glmnet").versions()) == {"glmstar", "numpy"}
    estimator = settings(**{"type": "estimator", "class": "sklearn.neighbors.KNeighborsClassifier"})
    assert set(estimator.versions()) == {"scikit-learn", "numpy"}
    pil = settings(**{"type": "estimator", "class": "PIL.Image"})  # installed as pillow
    assert "pillow" in pil.versions()
    own = settings(**{"type": "estimator", "class": "my_models.Mine"})
    assert set(own.versions()) == {"scikit-learn", "numpy"}


@pytest.mark.parametrize(
    ("kind", "other"), [("classifier", "regression"), ("regressor", "classification")], ids=["classifier", "regressor"]
)
def test_every_estimator_of_sklearn_suits_its_own_task_type_only(kind, other):
    names = [name for name, _ in all_estimators(kind)]
    assert len(names) > 40
    own = {"regression": "classification", "classification": "regression"}[other]
    for name in names:
        one = settings(**{"type": "estimator", "class": f"sklearn.somewhere.{name}"})
        assert one.suits(own), name
        assert not one.suits(other), name


def test_suits_by_settings():
    assert settings(type="cv_glmnet").suits("regression")
    assert not settings(type="cv_glmnet", type_measure="auc").suits("regression")
    assert not settings(type="torch_mlp", loss="cross_entropy").suits("regression")
    assert not settings(type="torch_mlp", loss="mse_loss").suits("classification")
    assert settings(type="torch_mlp").suits("regression")
    unknown = settings(**{"type": "estimator", "class": "my_models.Mine"})
    assert unknown.suits("regression")
    assert unknown.suits("classification")
