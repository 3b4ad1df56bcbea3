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
_LOSSES = {
    "classification": ("cross_entropy", "multi_margin_loss"),
    "regression": ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
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


def reason(settings: LearnerSettings) -> str:
    """Which key says that a learner is for one type of task only, and which values are for the other; "" if none does.

    Examples
    --------
    >>> reason(CvGlmnet(type="cv_glmnet", type_measure="auc"))
    'type_measure: auc is for classification'
    """
    known = _task_type(settings)
    loss = _loss(settings)
    if known is None:
        return ""
    if isinstance(settings, Estimator):
        return f"class: {settings.class_} is for {known}"
    if isinstance(settings, CvGlmnet):
        return f"type_measure: {settings.type_measure} is for {known}"
    if loss is None:
        return f"class_weights: are for {known}"
    (other,) = _LOSSES.keys() - {known}
    return f"loss: {loss} is for {known}; for {other} there are {', '.join(_LOSSES[other])}"


def _loss(settings: LearnerSettings) -> str | None:
    """Name of the loss, also where it has arguments."""
    loss = getattr(settings, "loss", None)
    return str(next(iter(loss))) if isinstance(loss, dict) else loss


def _task_type(settings: LearnerSettings) -> str | None:
    """The one task type that the settings are for; None if they are for both or do not say."""
    if isinstance(settings, Estimator):
        name = settings.class_.rpartition(".")[2]
        if _CLASSIFIERS.fullmatch(name):
            return "classification"
        return "regression" if _REGRESSORS.fullmatch(name) else None
    if isinstance(settings, CvGlmnet):
        return "classification" if settings.type_measure in ("class", "auc") else None
    for task_type, losses in _LOSSES.items():
        if _loss(settings) in losses:
            return task_type
    return "classification" if getattr(settings, "class_weights", None) else None
