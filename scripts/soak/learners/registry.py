"""Which module runs a learner, what it reports as, and what its results depend on.

Imported while the workflow's graph of jobs is built: no learner, and no library that one uses, is imported here
before it is needed.
"""

import importlib
import importlib.metadata
import re
from functools import cache
from typing import TYPE_CHECKING

from soak.config.learners import CvGlmnet, Estimator, LearnerSettings

if TYPE_CHECKING:
    from soak.learners.base import Fit, TrainData

_MODULES = {
    "featureless": "soak.learners.featureless",
    "cv_glmnet": "soak.learners.cv_glmnet",
    "torch_mlp": "soak.learners.torch_learner",
    "torch_graph": "soak.learners.torch_learner",
    "torch_module": "soak.learners.torch_learner",
    "estimator": "soak.learners.estimator",
}
_PACKAGES = {
    "featureless": ("numpy",),
    "cv_glmnet": ("glmstar", "numpy"),
    "torch_mlp": ("torch", "numpy"),
    "torch_graph": ("torch", "numpy"),
    "torch_module": ("torch", "numpy"),
    "estimator": ("scikit-learn", "numpy"),
}
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where the name to import is not the name to install

# What classes of scikit-learn do whose names do not say it
_CLASSIFIERS = re.compile(
    r"LogisticRegression(CV)?|(Linear|Nu)?SVC|\w+NB|Label(Propagation|Spreading)|(Linear|Quadratic)DiscriminantAnalysis"
    r"|NearestCentroid|Perceptron|\w*Classifier\w*"
)
_REGRESSORS = re.compile(
    r"\w*Regressor\w*|(ARD|Isotonic|Linear|PLS)Regression|(Bayesian|Kernel)?Ridge(CV)?|(Linear|Nu)?SVR|CCA|PLSCanonical"
    r"|(MultiTask)?(ElasticNet|Lasso)(CV)?|(Lasso)?Lars(CV|IC)?|OrthogonalMatchingPursuit(CV)?"
)


def fit(settings: LearnerSettings, name: str, data: "TrainData") -> "Fit":
    """Train a learner, with the module that knows its type."""
    trained: Fit = importlib.import_module(module(settings)).fit(settings, name, data)
    return trained


def module(settings: LearnerSettings) -> str:
    """Name of the module that runs the learner."""
    return _MODULES[settings.type]


def algorithms(name: str, settings: LearnerSettings) -> tuple[str, ...]:
    """What a learner reports as: its name, but ``name_min``, ``name_1se``, ``name_0.01`` for cv_glmnet.

    Examples
    --------
    >>> algorithms("lasso", CvGlmnet(type="cv_glmnet", s=["min", 0.01]))
    ('lasso_min', 'lasso_0.01')
    """
    if isinstance(settings, CvGlmnet):
        return tuple(f"{name}_{suffix}" for suffix in settings.suffixes)
    return (name,)


def packages(settings: LearnerSettings) -> dict[str, str]:
    """Versions of the packages that a fit of this learner depends on; one that is not installed is left out."""
    names = set(_PACKAGES[settings.type])
    if isinstance(settings, Estimator):
        names.add(_distribution(settings.class_.partition(".")[0]))
    return {name: found for name in sorted(names) if (found := version(name))}


@cache
def version(package: str) -> str:
    """Version of an installed package, "" if it is not installed (or is a file of the user's own)."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


@cache
def _distribution(module: str) -> str:
    """The package that a top-level module comes from."""
    if module in _DISTRIBUTIONS or version(module):
        return _DISTRIBUTIONS.get(module, module)
    return importlib.metadata.packages_distributions().get(module, [module])[0]


def modules(settings: LearnerSettings) -> tuple[str, ...]:
    """This library's modules that run the learner; what they import in turn is found from them."""
    return (module(settings),)


def suits(settings: LearnerSettings, task_type: str) -> bool:
    """Whether a learner can do "classification" or "regression", as far as its settings alone tell."""
    known = _task_type(settings)
    return known is None or known == task_type


def _task_type(settings: LearnerSettings) -> str | None:
    """The one task type that the settings are for; None if they are for both or do not say."""
    if isinstance(settings, Estimator):
        name = settings.class_.rpartition(".")[2]
        if _CLASSIFIERS.fullmatch(name):
            return "classification"
        return "regression" if _REGRESSORS.fullmatch(name) else None
    if isinstance(settings, CvGlmnet):
        return "classification" if settings.type_measure in ("class", "auc") else None
    loss = getattr(settings, "loss", None)
    if isinstance(loss, dict):  # a name and its arguments
        loss = next(iter(loss))
    if loss in ("cross_entropy", "nll_loss", "multi_margin_loss") or getattr(settings, "class_weights", None):
        return "classification"
    return "regression" if loss in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss") else None
