"""`soak.evaluate`: the workflow's scores, tests and verdicts for scikit-learn's estimators, in Python."""

import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import SoakError, printable
from soak.fitting.record import FitRecord, write_pack
from soak.fitting.run import Job, fit_train_set
from soak.learners.base import (
    Fit,
    FitFailed,
    LearnerType,
    Prediction,
    TrainData,
    check_probabilities,
    predicted_column,
    set_random_states,
)
from soak.measures import DEFAULT_MEASURES, MEASURES, Measure, measure
from soak.names import check_name
from soak.resampling.split_task import write_splits
from soak.resampling.splitter import Instance, SameOtherSizesCV
from soak.resampling.store import StoredSplits
from soak.scores.reference import REFERENCE
from soak.scores.scoring import Scored, fits_table, score_task, times_table
from soak.scores.sentences import terminal
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import pvalues, pvalues_downsample, stats
from soak.scores.transfer import sentences, transfer
from soak.scores.verdicts import verdicts
from soak.tasks.task import Task, TaskRows, TaskType


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` gives: the workflow's tables as data frames (docs/tables.md explains their columns).

    ``print`` shows the verdicts as a table, and in a sentence what they come to; `soak.plot` draws the workflow's figures.

    Attributes
    ----------
    scores : DataFrame
        Every test score: a row per split and estimator, a column per measure.
    stats : DataFrame
        Mean and SD over the folds.
    pvalues : DataFrame
        Paired and Welch's t tests of all and other against same, with intervals.
    pvalues_downsample : DataFrame or None
        The same with train sets of equal size; None without ``sizes``.
    verdicts : DataFrame
        One per subset and comparison: better, worse, similar, nothing learned or undecided, with the numbers.
    transfer : DataFrame
        Each subset's own model on every subset; empty with one subset or without *same*.
    splits : DataFrame
        Every split and its train set.
    fits, times : DataFrame
        How every fit ended, and what it cost.
    predictions : dict of str to DataFrame
        By estimator: iteration, algorithm, row, response, and prob.NAME for each class.
    settings : VerdictSettings
    references : tuple of str
        Estimators that use no feature.
    """

    scores: pd.DataFrame
    stats: pd.DataFrame
    pvalues: pd.DataFrame
    pvalues_downsample: pd.DataFrame | None
    verdicts: pd.DataFrame
    transfer: pd.DataFrame
    splits: pd.DataFrame
    fits: pd.DataFrame
    times: pd.DataFrame
    predictions: Mapping[str, pd.DataFrame] = field(repr=False)
    settings: VerdictSettings = field(default_factory=VerdictSettings)
    references: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The verdicts, as the workflow shows them at its end."""
        maps = sentences(self.transfer, self.verdicts, self.references)
        return printable(terminal(self.verdicts, self.scores, maps).rstrip())

    def __repr__(self) -> str:
        return str(self)


def evaluate(
    estimators: Any,
    X: Any,
    y: Any,
    *,
    subset: Any,
    group: Any = None,
    stratum: Any = None,
    fold: Any = None,
    cv: SameOtherSizesCV | None = None,
    measures: Sequence[str | Measure] | None = None,
    task_type: Literal["auto", "classification", "regression"] = "auto",
    name: str = "data",
    seed: int = 1,
    verdict: VerdictSettings | Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Evaluation:
    """May one train on one subset and predict on another, or on all together?

    Each estimator is trained once on each distinct train set of the splits, and predicts every test set that asks. Scores, P
    values and verdicts are then made by the functions that the workflow uses.

    Parameters
    ----------
    estimators : estimator, list of estimators, or mapping of name to estimator
        With scikit-learn's API: ``fit``, ``predict``, and ``predict_proba`` for measures of probabilities. They are cloned;
        parameters ``random_state`` that are None are set from ``seed``. Without names, an estimator is called after its class.
    X : array, sparse matrix, data frame or list, of n_rows rows
        Handed to the estimators as it is, with the rows of a train or test set.
    y : array-like of shape (n_rows,)
        Labels, or numbers for regression.
    subset : array-like of shape (n_rows,)
        Subset of each row.
    group, stratum, fold : optional
        As for `soak.SameOtherSizesCV.instantiate`.
    cv : SameOtherSizesCV, optional
        Default: ``SameOtherSizesCV()``, three folds. Ten show smaller differences.
    measures : list of str or Measure, optional
        Names of the catalogue (see `soak.measures.MEASURES`) or records of one's own. The first one decides. Default:
        zero_one_loss and log_loss, for regression mean_squared_error and mean_absolute_error.
    task_type : {"auto", "classification", "regression"}
        "auto": what the estimators are for; if they do not say, regression for a ``y`` of numbers with fractions.
    name : str
        Of the data, in tables and figures.
    seed : int
        For the random numbers of the estimators; the folds have ``cv.random_state``.
    verdict : VerdictSettings or mapping, optional
        ``alpha``, ``margin``, ``algorithm``, ``measure``, as in the config.
    n_jobs : int, optional
        Fits at the same time, as joblib has it: None is 1 unless in a ``joblib.parallel_config``, -1 all cores.
    progress : bool
        Whether the number of finished fits is shown on standard error.

    Returns
    -------
    Evaluation

    Raises
    ------
    SoakError
        If an argument cannot be used; the message begins with its name.

    Warns
    -----
    UserWarning
        If a fit failed. Its scores are empty; the others go on.

    Notes
    -----
    Equal arguments give equal numbers, whatever ``n_jobs`` is. Each fit uses one thread of BLAS and OpenMP.

    References
    ----------
    T. D. Hocking et al., "SOAK: Same/Other/All K-fold cross-validation for estimating similarity of patterns in data
    subsets", Statistical Analysis and Data Mining, doi 10.1002/sam.70055, arXiv 2410.08643.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> import soak
    >>> random = np.random.default_rng(1)
    >>> region = np.repeat(["north", "south"], 150)
    >>> X = random.normal(size=(300, 2))
    >>> y = np.where((X[:, 0] > 0) == (region == "north"), "oak", "beech")  # in the south the other way round
    >>> result = soak.evaluate(
    ...     LogisticRegression(), X, y, subset=region, cv=soak.SameOtherSizesCV(folds=5), progress=False
    ... )
    >>> result.verdicts[["test_subset", "comparison", "verdict"]]
      test_subset  comparison verdict
    0       north  other-same   worse
    1       north    all-same   worse
    2       south  other-same   worse
    3       south    all-same   worse
    """
    settings = VerdictSettings.model_validate(verdict or {})
    named = _named(estimators)
    target = _vector("y", y)
    n_rows = _n_rows(X)
    if len(target) != n_rows:
        raise SoakError(f"y: expected one value for each of the {n_rows} rows of X, got {len(target)} values")
    kind = _task_type(named, target) if task_type == "auto" else task_type
    chosen = _measures(measures, kind)
    if hasattr(subset, "__len__") and len(subset) != n_rows:
        raise SoakError(f"subset: expected one value for each of the {n_rows} rows of X, got {len(subset)} values")
    if not isinstance(cv, SameOtherSizesCV | None):
        raise SoakError(f"cv: expected a SameOtherSizesCV, as SameOtherSizesCV(folds=5), got {cv!r}")
    instance = _with_names((cv or SameOtherSizesCV()).instantiate(subset, group, stratum, fold))
    subsets = np.array(instance.roles.subsets)[instance.roles.subset]
    task, labels = _task(name, kind, target, subsets)
    references = tuple(key for key, one in named.items() if type(one).__module__.startswith("sklearn.dummy"))
    given = {
        key: Given(type="given", estimator=one, features=X, target=target, labels=labels) for key, one in named.items()
    }
    done, splits, predictions = _fit_and_score(task, instance, given, chosen, references, seed, n_jobs, progress)
    _warn_of_failures(done.fits)
    has_sizes = bool((done.scores["n_train_groups"] < done.scores["groups"]).any())
    return Evaluation(
        scores=done.scores,
        stats=stats(done.scores),
        pvalues=pvalues(done.scores, settings.alpha),
        pvalues_downsample=pvalues_downsample(done.scores, settings.alpha) if has_sizes else None,
        verdicts=verdicts(
            done.scores, settings, references=references, reference=done.reference, row_errors=done.row_errors
        ),
        transfer=transfer(done.own, references, done.reference),
        splits=splits,
        fits=fits_table(done.fits),
        times=times_table(done.fits),
        predictions=predictions,
        settings=settings,
        references=references,
    )


# Arguments


def _named(estimators: Any) -> dict[str, Any]:
    """Estimators by name; those of a list are called after their classes."""
    if isinstance(estimators, Mapping):
        named = {str(key): one for key, one in estimators.items()}
    else:
        listed = list(estimators) if isinstance(estimators, list | tuple) else [estimators]
        classes = [type(one).__name__ for one in listed]
        named = {
            key if classes.count(key) == 1 else f"{key}_{classes[: place + 1].count(key)}": one
            for place, (key, one) in enumerate(zip(classes, listed, strict=True))
        }
    if not named:
        raise SoakError("estimators: expected at least one, got none")
    for key, one in named.items():
        if problem := check_name(key):
            raise SoakError(f"estimators: {problem}")
        missing = [method for method in ("fit", "predict") if not callable(getattr(one, method, None))]
        if missing or isinstance(one, type):
            what = (
                f"the class {one.__name__}" if isinstance(one, type) else f"{type(one).__name__} without {missing[0]}"
            )
            raise SoakError(f"estimators: {key}: expected an estimator with fit and predict, got {what}")
    return named


def _with_names(instance: Instance) -> Instance:
    """The same splits of subsets that are called as the tables have them."""
    names = tuple(map(_name, instance.roles.subsets))
    return Instance(replace(instance.roles, subsets=names), instance.folds, instance.cells, instance.splits)


def _name(value: object) -> str:
    """A value of the subset column as text; of a moment at midnight the day, as tables of files have it."""
    is_day = isinstance(value, datetime) and value.tzinfo is None and value.time() == time()
    return str(value.date() if is_day else value)  # type: ignore[attr-defined]


def _vector(label: str, values: Any) -> NDArray[Any]:
    """A one-dimensional array without missing values."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise SoakError(f"{label}: expected one value per row, got an array of shape {array.shape}")
    missing = np.flatnonzero(pd.isna(array))
    if len(missing):
        raise SoakError(f"{label}: expected no missing values, got one in row {missing[0]}")
    return array


def _n_rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _task_type(named: Mapping[str, Any], target: NDArray[Any]) -> TaskType:
    """The type of task that all estimators are for; if they do not say, what the target looks like."""
    kinds: dict[str, TaskType] = {key: kind for key, one in named.items() if (kind := _kind_of(one))}
    if len(set(kinds.values())) > 1:
        said = ", ".join(f"{key}: {kind}" for key, kind in kinds.items())
        raise SoakError(f"estimators: expected all for classification or all for regression, got {said}")
    if kinds:
        return next(iter(kinds.values()))
    is_fraction = np.issubdtype(target.dtype, np.floating) and bool((target != np.floor(target)).any())
    return "regression" if is_fraction else "classification"


def _kind_of(estimator: Any) -> TaskType | None:
    from sklearn.base import is_classifier, is_regressor

    try:
        return "classification" if is_classifier(estimator) else "regression" if is_regressor(estimator) else None
    except (AttributeError, TypeError):  # not derived from scikit-learn's base class
        return None


def _measures(chosen: Sequence[str | Measure] | None, kind: TaskType) -> list[Measure]:
    """Records of the measures; one's own are added to the catalogue, by which tables and figures find them."""
    if isinstance(chosen, str | Measure):
        chosen = [chosen]
    records = [one if isinstance(one, Measure) else measure(one) for one in chosen or DEFAULT_MEASURES[kind]]
    for record in records:
        if record.task_type not in (kind, "both"):
            raise SoakError(f"measures: {record.name} is for {record.task_type}, and the estimators do {kind}")
        if "." not in record.name and MEASURES.setdefault(record.name, record) != record:
            raise SoakError(f"measures: there is another measure called {record.name}; use another name")
    return records


def _task(name: str, kind: TaskType, target: NDArray[Any], subset: NDArray[Any]) -> tuple[Task, NDArray[Any]]:
    """The task, without features, and its labels in order (none for regression)."""
    if problem := check_name(name):
        raise SoakError(f"name: {problem}")
    labels: NDArray[Any] = np.empty(0)
    classes: tuple[str, ...] = ()
    if kind == "regression":
        try:
            codes: NDArray[Any] = target.astype(np.float64)
        except (TypeError, ValueError):
            raise SoakError(f"y: expected numbers for regression, got {target[0]!r}") from None
    else:
        try:
            labels, codes = np.unique(target, return_inverse=True)
        except TypeError:
            raise SoakError("y: expected labels of one type, got several types") from None
        codes, classes = codes.astype(np.int32), tuple(map(str, labels))
    return Task(name, kind, np.empty((len(target), 0)), (), 1.0, codes, classes, subset, {}), labels


# Fits


class Given(LearnerType):
    """An estimator that is there as an object, with the features and the target that it is for."""

    runs_other_code: ClassVar[bool] = True

    type: Literal["given"]
    estimator: Any
    features: Any
    target: Any
    labels: Any

    def versions(self) -> dict[str, str]:
        return {}

    def fit(self, name: str, data: TrainData) -> Fit:
        """Fit a clone on the train rows, as they were handed to `evaluate`."""
        from sklearn.base import clone
        from threadpoolctl import threadpool_limits

        model = clone(self.estimator, safe=False)
        set_random_states(model, data.torch_seed % 2**32)
        rows = data.rows.rows
        with threadpool_limits(1):  # the same numbers on any number of cores
            fitted = model.fit(_take(self.features, rows), self.target[rows])
        trained = model if fitted is None else fitted
        present = getattr(trained, "classes_", None)
        present = np.unique(self.target[rows]) if present is None else np.asarray(present)
        return Fit(predict={name: lambda asked: self._predict(trained, present, asked)})

    def _predict(self, model: Any, present: NDArray[Any], rows: TaskRows) -> Prediction:
        """Class codes and probabilities of all classes (0 for one that the train set lacks), or values."""
        from threadpoolctl import threadpool_limits

        features = _take(self.features, rows.rows)
        with threadpool_limits(1):
            response = predicted_column(model.predict(features), len(rows))
            if rows.task.type == "regression":
                return Prediction(response.astype(np.float64))
            codes = self._codes(response)
            if not hasattr(model, "predict_proba"):
                return Prediction(codes)
            found = np.asarray(model.predict_proba(features))
        check_probabilities(found, len(rows), len(present))
        probabilities = np.zeros((len(rows), len(self.labels)), found.dtype)
        probabilities[:, self._codes(present)] = found
        return Prediction(codes, probabilities)

    def _codes(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """Positions of values among the labels."""
        places = np.searchsorted(self.labels, values).clip(max=len(self.labels) - 1)
        unknown = self.labels[places] != values
        if unknown.any():
            raise FitFailed(f"expected labels of y as predictions, got {values[unknown][0]!r}")
        codes: NDArray[np.int32] = places.astype(np.int32)
        return codes


def _take(values: Any, rows: NDArray[np.int64]) -> Any:
    """Rows of an array, sparse matrix, data frame or list."""
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    return values[rows] if hasattr(values, "shape") else [values[row] for row in rows]


def _fit_and_score(
    task: Task,
    instance: Instance,
    given: Mapping[str, Given],
    measures: list[Measure],
    references: Sequence[str],
    seed: int,
    n_jobs: int | None,
    progress: bool,
) -> tuple[Scored, pd.DataFrame, dict[str, pd.DataFrame]]:
    """Scores, the table of splits, and the predictions of each estimator, by the workflow's functions and files."""
    with tempfile.TemporaryDirectory() as folder:
        folds, table, sets, rows = (Path(folder, file) for file in ("folds", "splits", "train_sets", "rows"))
        write_splits(instance, task.name, folds, table, sets, rows)
        splits = StoredSplits.open(folds, table, rows)
        jobs = [Job(task, key, learner, seed, splits=splits) for key, learner in given.items()]
        packs = {}
        for job, records in zip(jobs, _fit_all(jobs, n_jobs, progress), strict=True):
            packs[job.learner] = [Path(folder, "fits", job.learner)]
            write_pack(packs[job.learner][0], records)
        algorithms = {key: [key] for key in given}
        predicted = Path(folder, "predictions")
        done = score_task(task, splits, algorithms, packs, measures, predicted, references, seed)
        return done, splits.table, {key: pd.read_parquet(predicted / f"{key}.parquet") for key in given}


def _fit_all(jobs: Sequence[Job], n_jobs: int | None, progress: bool) -> Iterator[list[FitRecord]]:
    """Records of each job's fits, in the order in which the splits name the train sets."""
    import joblib

    splits = jobs[0].splits
    assert splits is not None
    train_sets = list(splits.table["train_set"].drop_duplicates())
    asked = [(place, number) for number in range(len(train_sets)) for place in range(len(jobs))]
    parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    calls = (joblib.delayed(_fit_one)(jobs[place], train_sets[number], (place, number)) for place, number in asked)
    found = dict(_counted(parallel(calls), len(asked), progress))
    for place in range(len(jobs)):
        yield [found[place, number] for number in range(len(train_sets))]


def _fit_one(job: Job, train_set: str, key: tuple[int, int]) -> tuple[tuple[int, int], FitRecord]:
    return key, fit_train_set(job, train_set)


def _counted(items: Iterable[Any], total: int, progress: bool) -> Iterator[Any]:
    """Show how many of the items have come."""
    for number, item in enumerate(items, start=1):
        if progress:
            print(f"\rsoak: {number} of {total} fits", end="" if number < total else "\n", file=sys.stderr, flush=True)
        yield item


def _warn_of_failures(fits: Sequence[FitRecord]) -> None:
    fits = [record for record in fits if record.learner != REFERENCE]
    failed = [record for record in fits if record.status == "failed"]
    if failed:
        first = failed[0]
        warnings.warn(
            f"{len(failed)} of {len(fits)} fits failed; their scores are empty (see fits). The first: {first.learner}, "
            f"{first.train_set}: {first.reason}",
            stacklevel=3,
        )
