"""Which fits there are, and which of them share a job.

Everything here is read while Snakemake builds its graph of jobs: plain Python, no pandas, no torch.
"""

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from soak.config.learners import LearnerSettings, TorchMlp
from soak.files import atomic

SECONDS_PER_JOB = 30.0  # a process takes 1 to 3 s to start and import: a job should be well above


@dataclass(frozen=True)
class TrainSet:
    """A distinct set of train rows; ``digest`` stands for them and for the test rows that are asked of it."""

    name: str
    n_train: int
    digest: str


@dataclass(frozen=True)
class TaskIndex:
    """What the graph of jobs needs to know of a task once its splits are made."""

    task: str
    type: str
    n_rows: int
    n_features: int
    n_outputs: int
    train_sets: tuple[TrainSet, ...]


@dataclass(frozen=True)
class Pack:
    """Fits of one task and one learner that run in one job."""

    task: str
    learner: str
    name: str
    train_sets: tuple[TrainSet, ...]


def write_index(path: str | Path, tasks: Iterable[TaskIndex]) -> None:
    """Write the index of all tasks as JSON."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps([asdict(task) for task in tasks], indent=1) + "\n")


def read_index(path: str | Path) -> dict[str, TaskIndex]:
    """Read the index: task name to its TaskIndex."""
    entries = json.loads(Path(path).read_text())
    return {
        entry["task"]: TaskIndex(**{**entry, "train_sets": tuple(TrainSet(**one) for one in entry["train_sets"])})
        for entry in entries
    }


def make_packs(task: TaskIndex, learner: str, settings: LearnerSettings, fits_per_job: int | str) -> list[Pack]:
    """Deal a task's train sets to jobs, in order and evenly.

    Parameters
    ----------
    fits_per_job : int or "auto"
        The most fits in a job. ``auto`` fills a job with about half a minute of fits (never depending on the
        number of cores, so that the same config has the same jobs everywhere).
    """
    sets = task.train_sets
    if not sets:
        return []
    if fits_per_job == "auto":
        longest = max(estimate_seconds(settings, one.n_train, task.n_features, task.n_outputs) for one in sets)
        fits_per_job = max(1, int(SECONDS_PER_JOB / longest))
    n_packs = math.ceil(len(sets) / int(fits_per_job))
    bounds = [round(len(sets) * i / n_packs) for i in range(n_packs + 1)]
    width = len(str(n_packs))
    return [
        Pack(task.task, learner, f"{number + 1:0{width}d}", sets[start:stop])
        for number, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]


def estimate_seconds(settings: LearnerSettings, n_train: int, n_features: int, n_outputs: int) -> float:
    """Roughly the CPU seconds of one fit: orders of magnitude, to deal fits to jobs and to ask for run time."""
    cells = n_train * n_features * n_outputs
    match settings.type:
        case "featureless":
            seconds = 1e-8 * n_train
        case "cv_glmnet":
            seconds = 3e-9 * cells * settings.nlambda * (settings.folds + 1)
        case "estimator":
            candidates = math.prod(len(values) for values in settings.tune.values())
            seconds = 1e-6 * cells * (1 if candidates == 1 else 5 * candidates)
        case _:
            seconds = 3e-10 * cells * settings.epochs * _width(settings, n_features, n_outputs)
    return max(seconds, 0.02)


def _width(settings: LearnerSettings, n_features: int, n_outputs: int) -> float:
    """How many times the work of a linear model a network does."""
    if isinstance(settings, TorchMlp):
        sizes = [n_features, *settings.neurons, n_outputs]
        return sum(a * b for a, b in itertools.pairwise(sizes)) / (n_features * n_outputs)
    graph = getattr(settings, "graph", None)
    return 1 if graph == ["head"] else 30


def memory_mb(settings: LearnerSettings, n_rows: int, n_features: int, n_outputs: int) -> int:
    """Memory that a fit's job asks for, MB: Snakemake and the interpreter with its libraries, and copies of the matrix.

    glmnet works on float64 (the matrix, its centred copy, and a copy per inner fold), torch on float32. On the smallest
    tasks Python with NumPy and Arrow takes 140 MB, with torch 400 MB, and the Snakemake that starts it on a cluster 180 MB.
    """
    cells = n_rows * n_features / 1e6
    if settings.type == "cv_glmnet":
        return int(600 + 8 * cells * 4 + n_rows * n_outputs * 8 * settings.nlambda / 1e6)
    if settings.type == "featureless":
        return 500
    if settings.type == "estimator":
        return int(700 + 8 * cells * 4)
    return int(1000 + 4 * cells * 3)


def minutes(settings: LearnerSettings, task: TaskIndex, train_sets: Iterable[TrainSet]) -> int:
    """Wall minutes that a pack's job asks for: five times the estimate, at least ten."""
    seconds = sum(estimate_seconds(settings, one.n_train, task.n_features, task.n_outputs) for one in train_sets)
    return max(10, math.ceil(5 * seconds / 60))
