"""Which fits there are, and which of them share a job.

Everything here is read while Snakemake builds its graph of jobs: nothing heavy is imported here.
"""

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from soak.files import atomic
from soak.learners.base import FitSize, LearnerType

SECONDS_PER_JOB = 30.0  # a process takes 1 to 3 s of CPU to start and import, which a job should well exceed
LEAST_SECONDS = (
    0.02  # of a fit: 5 ms of CPU to find its rows, predict and write (benchmarks/bench_overhead.py), and waiting
)


@dataclass(frozen=True)
class TrainSet:
    """A distinct set of train rows; ``digest`` is of them and of the test rows of its splits."""

    name: str
    n_train: int
    digest: str


@dataclass(frozen=True)
class TaskIndex:
    """What the graph of jobs needs to know of a task once its splits are made.

    Attributes
    ----------
    task : str
    type : {"classification", "regression"}
    n_rows, n_features : int
        Shape of the feature matrix.
    n_outputs : int
        Number of classes; 1 for regression.
    train_sets : tuple of TrainSet
        In the order in which the splits first name them.
    """

    task: str
    type: str
    n_rows: int
    n_features: int
    n_outputs: int
    train_sets: tuple[TrainSet, ...]

    def size(self, n_train: int | None = None) -> FitSize:
        """Size of a fit on a train set of ``n_train`` rows (default: all rows)."""
        return FitSize(self.n_rows if n_train is None else n_train, self.n_rows, self.n_features, self.n_outputs)


@dataclass(frozen=True)
class Pack:
    """Fits of one task and one learner that run in one job."""

    task: str
    learner: str
    name: str
    train_sets: tuple[TrainSet, ...]

    @property
    def folder(self) -> str:
        """The folder of its fits (see `soak.fitting.record`)."""
        return f"results/fits/{self.task}/{self.learner}/{self.name}"


def write_index(path: str | Path, tasks: Iterable[TaskIndex]) -> None:
    """Write the index of all tasks as JSON: results/tasks/index.json."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps([asdict(task) for task in tasks], indent=1) + "\n", encoding="utf-8")


def read_index(path: str | Path) -> dict[str, TaskIndex]:
    """Read the index: task name to its TaskIndex."""
    entries = json.loads(Path(path).read_text(encoding="utf-8"))
    return {
        entry["task"]: TaskIndex(**{**entry, "train_sets": tuple(TrainSet(**fields) for fields in entry["train_sets"])})
        for entry in entries
    }


def make_packs(task: TaskIndex, learner: str, settings: LearnerType, fits_per_job: int | str) -> list[Pack]:
    """Deal a task's train sets to jobs, in order and evenly.

    Parameters
    ----------
    task : TaskIndex
    learner : str
        Its name in the config.
    settings : LearnerType
    fits_per_job : int or "auto"
        The most fits in a job. ``auto`` fills a job with about half a minute of fits (whatever the number of
        cores, so that the same config has the same jobs everywhere).
    """
    sets = task.train_sets
    if not sets:
        return []
    if fits_per_job == "auto":
        longest = max(estimate_seconds(settings, task.size(train_set.n_train)) for train_set in sets)
        fits_per_job = max(1, int(SECONDS_PER_JOB / longest))
    n_packs = math.ceil(len(sets) / int(fits_per_job))
    bounds = [round(len(sets) * i / n_packs) for i in range(n_packs + 1)]
    width = len(str(n_packs))
    return [
        Pack(task.task, learner, f"{number + 1:0{width}d}", sets[start:stop])
        for number, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]


def estimate_seconds(learner: LearnerType, size: FitSize) -> float:
    """CPU seconds of one fit and its predictions, to the order of magnitude."""
    return max(learner.seconds(size), LEAST_SECONDS)


def pack_seconds(settings: LearnerType, task: TaskIndex, train_sets: Iterable[TrainSet]) -> float:
    """CPU seconds of the fits of a pack, to the order of magnitude."""
    return sum(estimate_seconds(settings, task.size(train_set.n_train)) for train_set in train_sets)


def minutes(settings: LearnerType, task: TaskIndex, train_sets: Iterable[TrainSet]) -> int:
    """Wall minutes that a pack's job asks for: five times the estimate, at least ten."""
    return max(10, math.ceil(5 * pack_seconds(settings, task, train_sets) / 60))
