"""How far a long run is: fits done, running, failed, and the time left.

    python -m soak.status [DIR] [CONFIG]

Reads the config, results/ and the marks that Snakemake keeps of jobs in work, so that it tells the same of a run on
this machine and of one on a cluster. It starts nothing, and changes nothing but the lock of a run that was killed.
"""

import base64
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from soak.config.check import load_config
from soak.config.read import unreadable
from soak.config.workflow import Config
from soak.errors import SoakError
from soak.experiment import learners_of
from soak.fitting.plan import Pack, TaskIndex, estimate_seconds, make_packs, read_index
from soak.fitting.record import finished_fits
from soak.lock import is_held

DEFAULT_CONFIG = Path(__file__).resolve().parents[2] / "config" / "config.yaml"


@dataclass
class Progress:
    """Numbers of fits of a learner on a task.

    Attributes
    ----------
    seconds : float
        What the finished fits took.
    estimated : float
        What `estimate_seconds` had said of the same fits.
    left : float
        What it says of those that are not finished.
    jobs_left : int
        Jobs (packs) that are not finished.
    starts : list of float
        Seconds that each finished job took besides its fits: Python starts and imports.
    """

    task: str
    learner: str
    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0
    seconds: float = 0.0
    estimated: float = 0.0
    left: float = 0.0
    jobs_left: int = 0
    starts: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def read_config(path: Path) -> Config:
    """The config of a run, checked."""
    if problem := unreadable(path):
        raise SoakError(problem)
    return load_config(yaml.safe_load(path.read_text()), [path])


def progress(config: Config, directory: Path) -> list[Progress]:
    """What is done of each task and learner, in the config's order; empty before the tasks are split."""
    index_file = directory / "results/tasks/index.json"
    if not index_file.is_file():
        return []
    index = read_index(index_file)
    marked = marks(directory)
    return [
        _progress(index[task], learner, config, directory, marked)
        for task in config.tasks
        if task in index
        for learner in learners_of(config, task, index[task].type)
    ]


def _progress(task: TaskIndex, learner: str, config: Config, directory: Path, marked: dict[str, float]) -> Progress:
    settings = config.learners[learner]
    told = Progress(task.task, learner)
    for pack in make_packs(task, learner, settings, config.execution.fits_per_job):
        estimates = {one.name: estimate_seconds(settings, task.size(one.n_train)) for one in pack.train_sets}
        told.total += len(estimates)
        finished = set()
        before = told.seconds
        for fit in finished_fits(directory / pack.folder, estimates):
            finished.add(fit.train_set)
            told.seconds += fit.seconds
            told.estimated += estimates[fit.train_set]
            if fit.status != "ok":
                told.failed += 1
                told.reasons.append(f"{fit.task}, {fit.train_set}, {learner}: {fit.reason}")
        told.done += len(finished)
        told.left += sum(seconds for name, seconds in estimates.items() if name not in finished)
        told.running += is_running(directory, pack, marked)
        if len(finished) < len(estimates):
            told.jobs_left += 1
        elif (whole := job_seconds(directory, pack)) is not None:
            told.starts.append(max(0.0, whole - (told.seconds - before)))
    return told


def job_seconds(directory: Path, pack: Pack) -> float | None:
    """Seconds that a finished job took, as Snakemake's benchmark of it says; None where there is none."""
    file = directory / "results/benchmarks/fit" / pack.task / pack.learner / f"{pack.name}.tsv"
    try:
        return float(file.read_text().splitlines()[1].split("\t")[0])
    except (FileNotFoundError, IndexError, ValueError):  # not there, or written at this moment
        return None


def marks(directory: Path) -> dict[str, float]:
    """Outputs that Snakemake has marked as begun but not finished, and since when (seconds since 1970)."""
    folder = directory / ".snakemake" / "incomplete"
    found = {}
    for file in folder.rglob("*"):
        if file.is_file():
            name = "".join(file.relative_to(folder).parts).replace("@", "")
            try:
                found[base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()] = file.stat().st_mtime
            except (ValueError, FileNotFoundError):
                continue
    return found


def is_running(directory: Path, pack: Pack, marked: dict[str, float]) -> bool:
    """Whether a pack's job has begun to write its log (on a cluster it may be marked while it still waits)."""
    inside = f"{pack.task}/{pack.learner}/{pack.name}"
    since = marked.get(pack.folder)
    log = directory / "results/logs/fit" / f"{inside}.log"
    return since is not None and log.is_file() and log.stat().st_mtime >= since - 1


def seconds_left(told: list[Progress], at_once: int) -> float | None:
    """Seconds until the last fit of the learners that are not `unknown`, if so many jobs run at once.

    The estimates are scaled by what finished fits of the same learner took; each job also has to start. None where
    nothing can be said yet.
    """
    new = unknown(told)
    known = [one for one in told if one.learner not in new]
    if not any(one.left for one in known):
        return None
    starts = [seconds for one in told for seconds in one.starts]
    start = statistics.median(starts) if starts else 0.0
    took = {one.learner: (0.0, 0.0) for one in known}
    for one in known:
        seconds, estimated = took[one.learner]
        took[one.learner] = (seconds + one.seconds, estimated + one.estimated)
    ratios = {name: seconds / estimated if estimated else 0.0 for name, (seconds, estimated) in took.items()}
    return sum(one.left * ratios[one.learner] + one.jobs_left * start for one in known) / max(1, at_once)


def unknown(told: list[Progress]) -> list[str]:
    """Learners with fits to do, of which too few are finished to say how long they take: the first also imports."""
    done: Counter[str] = Counter()
    for one in told:
        done[one.learner] += one.done
    return list(dict.fromkeys(one.learner for one in told if one.done < one.total and done[one.learner] < 2))


def earlier(config: Config, directory: Path) -> str | None:
    """Why what lies in results/ is of an earlier run; None if it is what the config asks for, as far as files tell.

    Snakemake removes what a job is to make before the job begins: a task that is missing, though fits of it are there,
    was to be built anew.
    """
    for task in config.tasks:
        if not (directory / f"results/tasks/{task}.arrow").is_file():
            return f"task {task} is not built; see results/logs/build_task/{task}.log"
    report = directory / "results/report.html"
    if not report.is_file():
        return None
    made = report.stat().st_mtime
    tables = [directory / "results/tasks/index.json", *(directory / "results/tables").glob("*.csv")]
    if any(file.stat().st_mtime > made for file in tables if file.is_file()):
        return "the tables are newer"
    fits = (file for task in config.tasks for file in (directory / "results/fits" / task).glob("*/*/fits.parquet"))
    return "fits are newer" if any(file.stat().st_mtime > made for file in fits) else None


def report_line(config: Config, directory: Path) -> str:
    """Where the report is, and whether it is one of what is there now."""
    report = directory / "results/report.html"
    why = earlier(config, directory)
    if not report.is_file():
        return "Tables, figures and report are not written yet."
    return f"Report of an earlier run ({why}): {report}" if why else f"Report: {report}"


def duration(seconds: float) -> str:
    """A duration as people say it.

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


def tell(config: Config, directory: Path) -> str:
    """The whole status as text."""
    told = progress(config, directory)
    engine = is_held(directory)
    at_work = f"A run is at work in {directory}." if engine else f"No run is at work in {directory}."
    if not told:
        return f"{at_work} Its tasks are not split yet; no fit has begun."
    lines = [at_work, f"{'task':<28} {'learner':<18} {'fits':>6} {'done':>6} {'failed':>6} {'jobs running':>12}"]
    for one in told:
        running = one.running if engine else 0
        lines.append(
            f"{one.task:<28} {one.learner:<18} {one.total:>6} {one.done:>6} {one.failed:>6} {running or '':>12}"
        )
    total, done = sum(one.total for one in told), sum(one.done for one in told)
    running = sum(one.running for one in told) if engine else 0
    lines.append(f"{done} of {total} fits are done ({100 * done / max(1, total):.0f} %)")
    reasons = [reason for one in told for reason in one.reasons]
    lines += [f"failed: {reason}" for reason in reasons[:10]]
    lines[-1 - len(reasons[:10])] += time_left(told, running)
    if done == total or earlier(config, directory):
        lines.append(report_line(config, directory))
    return "\n".join(lines)


def time_left(told: list[Progress], running: int) -> str:
    """What is said of the time left, behind the number of fits; nothing if none are left."""
    text = ""
    left, new = seconds_left(told, running), unknown(told)
    if left is not None:
        how = f"as {running} jobs at once do them" if running > 1 else "of one job at a time"
        text += f"; about {duration(left)} {how} are left for fits"
    return text + (f"; how long those of {', '.join(new)} take is not known yet" if new else "")


def main(arguments: list[str]) -> int:
    """Print the status of the run in DIR with the config CONFIG."""
    directory = Path(arguments[0] if arguments else ".").resolve()
    sys.path.append(str(directory))  # where the user's own measures, readers and learners are
    try:
        config = read_config(Path(arguments[1]) if len(arguments) > 1 else DEFAULT_CONFIG)
        print(tell(config, directory))
    except SoakError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
