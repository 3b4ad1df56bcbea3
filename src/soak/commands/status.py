"""How far a run is: fits finished and failed, the time left, and whether the report is of this run.

    python -m soak.commands.status DIR [CONFIG]

Reads the config and results/ only, so that it tells the same of a run on this machine and of one on a cluster.
"""

import os
import sys
from pathlib import Path

from soak.commands.config import config_path, read_experiment
from soak.errors import SoakError, show
from soak.experiment import INDEX, Experiment
from soak.lock import is_held
from soak.progress import Progress, counts, duration, fit_progress, seconds_left, unknown

_MOST_REASONS = 10


def status(experiment: Experiment) -> str:
    """The status of the run in the working directory, as text."""
    folder, progress = Path.cwd(), fit_progress(experiment)
    running = is_held(folder)
    first = f"{'A' if running else 'No'} run is at work in {folder}."
    if not progress:
        return f"{first} Its tasks are not split yet; no fit has begun."
    lines = [first, f"{'task':<28} {'learner':<18} {'fits':>6} {'done':>6} {'failed':>6}"]
    lines += [f"{one.task:<28} {one.learner:<18} {one.total:>6} {one.done:>6} {one.failed:>6}" for one in progress]
    done, total = counts(progress)
    lines.append(f"{done} of {total} fits are done ({100 * done / max(1, total):.0f} %){_time_left(progress)}")
    reasons = [reason for one in progress for reason in one.reasons]
    lines += [f"failed: {reason}" for reason in reasons[:_MOST_REASONS]]
    if not running:
        lines.append(_report(experiment))
    return "\n".join(lines)


def _time_left(progress: list[Progress]) -> str:
    left, learners = seconds_left(progress), unknown(progress)
    text = f"; the others take about {duration(left)} on one core" if left else ""
    return text + (f"; how long those of {', '.join(learners)} take is not known yet" if learners else "")


def _report(experiment: Experiment) -> str:
    """Where the report is, and whether it is one of what lies in results/ now."""
    report = Path("results/report.html")
    if not report.is_file():
        return "Tables, figures and report are not written yet."
    why = _changed_since(report.stat().st_mtime, experiment)
    return f"Report of an earlier run ({why}): {report.resolve()}" if why else f"Report: {report.resolve()}"


def _changed_since(time: float, experiment: Experiment) -> str:
    """What has changed since the report was written; "" if nothing has, as far as files tell.

    Snakemake removes what a job is to make before the job begins: a task that is missing was to be built anew.
    """
    for task in experiment.config.tasks:
        if not Path(f"results/tasks/{task}.arrow").is_file():
            return f"task {task} is not built; see results/logs/build_task/{task}.log"
    tables = [Path(INDEX), *Path("results/tables").glob("*.csv")]
    if any(file.stat().st_mtime > time for file in tables if file.is_file()):
        return "the tables are newer"
    fits = (file for task in experiment.config.tasks for file in Path("results/fits", task).glob("*/*/fits.parquet"))
    return "fits are newer" if any(file.stat().st_mtime > time for file in fits) else ""


def main(directory: str, config: str = "") -> None:
    """Print the status of the run in DIR with the config CONFIG (default: the embedded one)."""
    try:
        file = config_path(config, directory)
        os.chdir(directory)
        show(status(read_experiment(file)))
    except (SoakError, FileNotFoundError) as error:
        sys.exit(f"soak: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
