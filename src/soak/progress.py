"""How far the fits of a run are, also within the jobs that still run, and how long the others will take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soak.experiment import INDEX, Experiment
from soak.fitting.plan import estimate_seconds
from soak.fitting.record import finished_fits

_KNOWN_FROM = 2  # finished fits of a learner that tell how long others take: the first of a process also imports
_watched: list[Experiment] = []


@dataclass
class Progress:
    """Fits of a learner on a task.

    Attributes
    ----------
    total, done, failed : int
        Numbers of fits; ``done`` counts the failed ones too.
    seconds : float
        What the finished fits took.
    estimated, left : float
        What `soak.fitting.plan.estimate_seconds` gives for the finished fits, and for the others.
    reasons : list of str
        A line for each failed fit.
    """

    task: str
    learner: str
    total: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    estimated: float = 0.0
    left: float = 0.0
    reasons: list[str] = field(default_factory=list)


def fit_progress(experiment: Experiment) -> list[Progress]:
    """Progress of each task and learner of the run in the working directory; empty before its tasks are split."""
    if not Path(INDEX).is_file():
        return []
    index = experiment.index
    tasks = [task for task in experiment.config.tasks if task in index]
    return [_progress(experiment, task, learner) for task in tasks for learner in experiment.learners(task)]


def _progress(experiment: Experiment, task: str, learner: str) -> Progress:
    settings, index = experiment.config.learners[learner], experiment.index[task]
    progress = Progress(task, learner)
    for name, pack in experiment.packs(task, learner).items():
        estimates = {one.name: estimate_seconds(settings, index.size(one.n_train)) for one in pack.train_sets}
        progress.total += len(estimates)
        for fit in finished_fits(f"results/fits/{task}/{learner}/{name}", estimates):
            progress.done += 1
            progress.seconds += fit.seconds
            progress.estimated += estimates.pop(fit.train_set)
            if fit.status == "failed":
                progress.failed += 1
                progress.reasons.append(f"{task}, {fit.train_set}, {learner}: {fit.reason}")
        progress.left += sum(estimates.values())
    return progress


def seconds_left(progress: Sequence[Progress], at_once: int = 1) -> float:
    """Seconds until the last fit of the learners that are not `unknown`, if so many fits run at once.

    The estimates of a learner's fits are scaled by what its finished fits took.
    """
    total = 0.0
    for learner, fits in _by_learner(progress).items():
        estimated = sum(one.estimated for one in fits)
        if learner not in unknown(progress) and estimated:
            total += sum(one.left for one in fits) * sum(one.seconds for one in fits) / estimated
    return total / max(1, at_once)


def unknown(progress: Sequence[Progress]) -> list[str]:
    """Learners with fits to do of which too few are finished to tell how long they take."""
    return [
        learner
        for learner, fits in _by_learner(progress).items()
        if any(one.left for one in fits) and sum(one.done for one in fits) < _KNOWN_FROM
    ]


def _by_learner(progress: Sequence[Progress]) -> dict[str, list[Progress]]:
    found: dict[str, list[Progress]] = {}
    for one in progress:
        found.setdefault(one.learner, []).append(one)
    return found


def watch(experiment: Experiment) -> None:
    """Make the run of this process the one that `current` tells of."""
    _watched[:] = [experiment]


def current() -> list[Progress]:
    """Progress of the run of this process."""
    return fit_progress(_watched[0]) if _watched else []


def duration(seconds: float) -> str:
    """A duration as people write it.

    >>> duration(50), duration(4000), duration(200_000)
    ('50 s', '1 h 07 min', '2 d 7 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def counts(progress: Iterable[Progress]) -> tuple[int, int]:
    """Numbers of finished fits and of all fits."""
    found = list(progress)
    return sum(one.done for one in found), sum(one.total for one in found)
