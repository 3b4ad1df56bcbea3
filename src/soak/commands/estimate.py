"""What a run will take, estimated from small fits of its own learners: for configs of which even one fold takes hours.

    python -m soak.commands.estimate DIR CONFIG CORES ROWS

The tasks are built and split as in the run (whose files these are). Then each learner, with few epochs, inner folds and candidates as
in a trial (`soak.commands.smoke`), is fitted on ROWS / 4 and on ROWS train rows of each task and predicts as many. Time is a power
of the number of rows, its exponent from the two fits, or a straight line through both where it grew less than the rows; memory is
such a line.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from soak.commands.config import config_path, read_experiment
from soak.commands.smoke import Projection, lines_of, predicted_rows, run_workflow, task_files
from soak.errors import SoakError, show
from soak.experiment import INDEX, Experiment, learners_of
from soak.fitting.plan import TaskIndex, read_index
from soak.learners.base import LearnerType
from soak.learners.catalog import learner
from soak.names import counted
from soak.progress import duration
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task, TaskRows

_MODULE = "soak.commands.estimate"  # __name__ is __main__ where it runs as a command
_SHORT = 0.05  # seconds that are too few to tell an exponent from
_MORE_CORES = 100
# Networks validate half of a quarter of so many at a time: from there on their memory grows with the rows alone.
_SETTLED_ROWS = 8000
_HIGHEST = 2.0  # power of the number of rows that training grows with at most
_OVERHEAD = 8  # bytes of a stored prediction beside its probabilities: row and response; names are dictionaries


@dataclass(frozen=True)
class SmallFit:
    """What a fit took.

    Attributes
    ----------
    rows : int
        Train rows.
    seconds : float
        CPU seconds of training.
    row_seconds : float
        CPU seconds to predict a row.
    peak_mb : float
    """

    rows: int
    seconds: float
    row_seconds: float
    peak_mb: float


def exponent(less: float, more: float, ratio: float, lowest: float, highest: float) -> float:
    """The power of the number of rows, which grew by a ratio, that seconds grew with, within limits.

    The lowest where the seconds are too few to tell.
    """
    if ratio <= 1 or less <= 0 or more < _SHORT:
        return lowest
    return float(np.clip(math.log(more / less) / math.log(ratio), lowest, highest))


def training_seconds(small: SmallFit, large: SmallFit, n_train: int, highest: float) -> float:
    """Seconds of training on so many rows.

    Seconds that grew less than the rows are a fixed part and one for each row (histograms of boosted trees, say): a straight line
    through both fits. All others grow with a power of the rows.
    """
    ratio, growth = large.rows / small.rows, n_train / large.rows
    if ratio > 1 and large.seconds >= _SHORT and large.seconds < ratio * small.seconds:
        per_row = max(0.0, large.seconds - small.seconds) / (large.rows - small.rows)
        return large.seconds + per_row * (n_train - large.rows)
    power = exponent(small.seconds, large.seconds, ratio, 1, highest)
    return float(large.seconds * growth**power)


def seconds_at(fits: Sequence[SmallFit], n_train: int, n_predicted: int, highest: float = _HIGHEST) -> float:
    """Seconds of a fit on so many rows, and of predicting so many.

    Training grows with the rows (`training_seconds`), up to the power ``highest`` of them; predicting a row costs the same whatever
    the train rows, up to in proportion to them (nearest neighbours).
    """
    small, large = fits[0], fits[-1]
    ratio, growth = large.rows / small.rows, n_train / large.rows
    predicting: float = growth ** exponent(small.row_seconds * large.rows, large.row_seconds * large.rows, ratio, 0, 1)
    return training_seconds(small, large, n_train, highest) + n_predicted * large.row_seconds * predicting


def highest_power(settings: LearnerType, known: TaskIndex, rows: int, n_train: int) -> float:
    """The power of the number of rows that training grows with at most, from so many rows to so many more.

    Of this library's own learners it is the one of their cost (`LearnerType.seconds`): cv_glmnet takes more passes the more rows
    it has per feature, up to some ten, so that the power of few rows would be far too high for many.
    """
    if settings.runs_other_code or n_train <= rows:
        return _HIGHEST
    growth = settings.seconds(known.size(n_train)) / settings.seconds(known.size(rows))
    return float(np.clip(math.log(growth) / math.log(n_train / rows), 1, _HIGHEST))


def peak_at(fits: Sequence[SmallFit], n_train: int) -> float:
    """MB of a fit on so many rows."""
    small, large = fits[0], fits[-1]
    slope = (large.peak_mb - small.peak_mb) / max(1, large.rows - small.rows)
    return large.peak_mb + max(0.0, slope) * (n_train - large.rows)


def small_fits(files: Sequence[str], name: str, settings: LearnerType, train_set: str, rows: int) -> list[SmallFit]:
    """Fit on some of the rows of a train set, twice: on a quarter as many rows first.

    Before both a fit that does not count, since the first one of a process is slower and leaves its libraries in memory.

    Parameters
    ----------
    files : sequence of str
        Of the task: the task itself, its folds, splits and rows.
    """
    from time import process_time

    from soak.fitting.run import Job, train

    task, splits = Task.open(files[0]), StoredSplits.open(*files[1:])
    job = Job(task, name, settings, seed=1, device="cpu")
    draw = np.random.default_rng(1)
    found, tested = splits.train(train_set), splits.tests(train_set)[0].rows
    found = draw.permutation(found)[:rows]
    tested = np.sort(draw.permutation(tested)[:rows])
    made = []
    few = max(2, len(found) // 4)
    for n in (few, few, len(found)):
        record, fit = train(job, TaskRows(task, np.sort(found[:n])), train_set)
        if fit is None:
            raise SoakError(f"{task.name}, {name}: {record.reason}")
        start = process_time()
        for predict in fit.predict.values():
            predict(TaskRows(task, tested))
        made.append(SmallFit(n, record.cpu_seconds, (process_time() - start) / len(tested), record.peak_mb))
    return made[1:]


def in_another_process(
    files: Sequence[str], name: str, settings: dict[str, object], train_set: str, rows: int
) -> list[SmallFit]:
    """`small_fits` in a process of its own, whose memory is that of no other learner, and with one thread."""
    command = [sys.executable, "-m", _MODULE, "--fit", json.dumps([list(files), name, settings, train_set, rows])]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SoakError(done.stderr.strip().rpartition("\n")[2].removeprefix("soak: "))
    return [SmallFit(**one) for one in json.loads(done.stdout.rpartition("\n")[2])]


def projections(
    experiment: Experiment, task: str, known: TaskIndex, predicted: Mapping[str, int], rows: int
) -> Iterator[Projection]:
    """What the fits of each learner on a task will take; ``predicted``: rows that each predicts."""
    largest = max(known.train_sets, key=lambda one: one.n_train)
    for name, one in learners_of(experiment.config, task, known.type).items():
        settings = {**one.model_dump(mode="json", by_alias=True), **one.smaller()}
        fits = in_another_process(task_files(task), name, settings, largest.name, rows)
        trained = [replace(fit, seconds=fit.seconds * one.work_ratio()) for fit in fits]
        seconds = sum(
            seconds_at(
                trained, each.n_train, predicted[each.name], highest_power(one, known, trained[-1].rows, each.n_train)
            )
            for each in known.train_sets
        )
        peak = peak_at(fits, largest.n_train)
        yield Projection(task, name, len(known.train_sets), len(fits), seconds, peak, one.memory_mb(known.size()))


def disk_mb(experiment: Experiment, task: str, known: TaskIndex, predicted: Mapping[str, int]) -> float:
    """MB of the predictions of all fits on a task, before compression."""
    learners = learners_of(experiment.config, task, known.type)
    algorithms = sum(len(one.algorithms(name)) for name, one in learners.items())
    return algorithms * sum(predicted.values()) * (4 * known.n_outputs + _OVERHEAD) / 1e6


def estimate(config_file: Path, cores: str, rows: int) -> str:
    """Build and split the tasks in the working directory, fit on few rows; the text with the estimates."""
    experiment = read_experiment(config_file)
    if not run_workflow(config_file, Path.cwd(), cores, "--", "splits"):
        raise SoakError("the tasks could not be built")
    found: list[Projection] = []
    disk = 0.0
    for task, known in read_index(INDEX).items():
        predicted = predicted_rows(task, known)
        found += projections(experiment, task, known, predicted, rows)
        disk += disk_mb(experiment, task, known, predicted)
    seconds, peak = sum(one.seconds for one in found), max((one.peak_mb for one in found), default=0.0)
    longest = max((one.seconds / one.fits for one in found if one.fits), default=0.0)
    n_cores = os.cpu_count() or 1 if cores == "all" else int(cores)
    hours = {n: duration(max(seconds / n, longest)) for n in (n_cores, _MORE_CORES)}
    return "\n".join(
        [
            *lines_of(found),
            f"From fits on {rows // 4} and {rows} train rows of each task; the whole run has {sum(one.fits for one in found)} fits:",
            f"  time    at most {duration(seconds)} of fits, {hours[n_cores]} with {counted(n_cores, 'core')}, "
            f"{hours[_MORE_CORES]} with {_MORE_CORES} (networks stop sooner where patience or a better epoch lets them)",
            f"  memory  {peak:.0f} MB in a job, {peak * n_cores:.0f} MB with {counted(n_cores, 'job')} at once"
            f"{doubt(rows, experiment.config.learners.values())}",
            f"  disk    at most {disk:.0f} MB of predictions, besides downloads and tasks",
        ]
    )


def doubt(rows: int, learners: Iterable[LearnerType]) -> str:
    """What is wrong with memory that is estimated from so few rows."""
    if rows >= _SETTLED_ROWS or not any(one.uses_gpu for one in learners):
        return ""
    return f" (too high for networks; ROWS={_SETTLED_ROWS} is closer)"


def main(directory: str, config: str = "", cores: str = "all", rows: str = "1000") -> None:
    """Print the estimates for a config in DIR."""
    try:
        if not rows.isdecimal() or int(rows) < 20:
            raise SoakError(f"ROWS: expected a number of train rows of at least 20, got {rows!r}")
        file = Path(config_path(config, directory)).resolve()
        os.chdir(directory)
        show(estimate(file, cores or "all", int(rows)))
    except (SoakError, FileNotFoundError) as error:
        sys.exit(f"soak: {error}")


def fit_here(asked: str) -> None:
    """Print what small fits took, as JSON on the last line."""
    files, name, settings, train_set, rows = json.loads(asked)
    try:
        made = small_fits(files, name, learner(settings), train_set, rows)
    except SoakError as error:
        sys.exit(f"soak: {error}")
    print("\n" + json.dumps([vars(one) for one in made]), end="")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_here(sys.argv[2])
    else:
        main(*sys.argv[1:])
