"""A trial before a long run: does everything work, how long will the whole run take, and what will it be able to see?

    python -m soak.commands.smoke DIR [CONFIG] [CORES]

One test fold of every task, with few epochs, inner folds and candidates of every learner, runs in DIR/results/smoke, to the
last figure. Rows and features are as many as in the whole run, so that memory is what it will be; times are scaled up to all
folds and to the learners as configured. It ends with exit code 1 if a fit failed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from soak.commands.config import ROOT, config_path, read_experiment
from soak.config.workflow import Config
from soak.errors import SoakError, show, without_secrets
from soak.experiment import INDEX, Experiment, learners_of
from soak.files import atomic, folder_problem
from soak.fitting.plan import TaskIndex, read_index
from soak.names import counted
from soak.progress import duration
from soak.resampling.store import StoredSplits, read_splits
from soak.scores.foresight import foresight
from soak.tables import read_table
from soak.written import note


@dataclass(frozen=True)
class Projection:
    """What the fits of a learner on a task will take.

    Attributes
    ----------
    fits, measured : int
        Fits of the whole run, and of the trial.
    seconds : float
        Of all fits, one after the other, with what they predict.
    peak_mb : float
        The highest that was measured in a fit.
    asked_mb : int
        What the job of a fit asks for.
    """

    task: str
    learner: str
    fits: int
    measured: int
    seconds: float
    peak_mb: float
    asked_mb: int


def smaller_config(raw: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The config with the smaller version of each learner, and one job per task and learner."""
    learners = {name: {**raw["learners"][name], **learner.smaller()} for name, learner in config.learners.items()}
    execution = {**raw.get("execution", {}), "fits_per_job": 1000}
    return {**raw, "learners": learners, "execution": execution}


def absolute_paths(raw: Any) -> Any:
    """The config with paths that lead upwards (../data.csv) made absolute: the trial runs in another folder."""
    if isinstance(raw, dict):
        return {key: absolute_paths(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [absolute_paths(value) for value in raw]
    if isinstance(raw, str) and raw.startswith("../") and Path(raw).exists():
        return str(Path(raw).resolve())
    return raw


def write_config(folder: Path, raw: Mapping[str, Any]) -> None:
    """Write the config of the trial, for nobody else to read: it may hold passwords of addresses."""
    file = folder / "config.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")


def hide_secrets(folder: Path) -> None:
    """Take passwords and the like out of the config of a trial that has ended."""
    file = folder / "config.yaml"
    if file.is_file():
        file.write_text(without_secrets(file.read_text(encoding="utf-8")), encoding="utf-8")


def prepare(folder: Path) -> None:
    """Make the trial's folder anew: downloads are shared, and what else is in DIR is found there too."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "results").mkdir(parents=True)
    raw = Path("results/raw")
    raw.mkdir(exist_ok=True)
    (folder / "results/raw").symlink_to(raw.resolve())
    for entry in Path.cwd().iterdir():
        if entry.name not in ("results", "config.yaml") and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)


def keep_one_fold(folder: Path, tasks: list[str]) -> None:
    """Leave only the first test fold and seed in the splits of each task."""
    for task in tasks:
        splits_file = folder / f"results/tasks/{task}.splits.csv"
        sets_file = splits_file.with_name(f"{task}.train_sets.csv")
        splits = read_splits(splits_file)
        first = splits.iloc[0]
        kept = splits[(splits["test_fold"] == first["test_fold"]) & (splits["seed"] == first["seed"])]
        sets = pd.read_csv(sets_file, dtype=str, keep_default_na=False)
        for table, file in ((kept, splits_file), (sets[sets["train_set"].isin(kept["train_set"])], sets_file)):
            with atomic(file) as temporary:
                table.to_csv(temporary, index=False, lineterminator="\n")
            note([file.relative_to(folder)], folder)


def run_workflow(config: Path, folder: Path, cores: str, *arguments: str) -> bool:
    """Run the workflow in a folder; whether it ended well."""
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", cores]
    command += ["--configfile", str(config), "--directory", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def run(folder: Path, cores: str, *arguments: str) -> None:
    """Run the workflow in the trial's folder."""
    if not run_workflow(folder / "config.yaml", folder, cores, *arguments):
        raise SoakError(f"the trial failed; its files are in {folder}")


def project(
    config: Config, whole: Mapping[str, TaskIndex], times: pd.DataFrame, predicted: Mapping[str, Mapping[str, int]]
) -> Iterator[Projection]:
    """Scale the times of the trial's fits up to all fits of the config.

    Parameters
    ----------
    whole : mapping
        Index of the tasks with all their train sets.
    times : DataFrame
        The table times of the trial.
    predicted : mapping
        Of each task the rows that the fit of each train set predicts.
    """
    for task, index in whole.items():
        for name, learner in learners_of(config, task, index.type).items():
            fits = times[(times["task_id"] == task) & (times["learner"] == name)]
            usual = fits.iloc[1:] if len(fits) > 1 else fits  # the first of a process also pays for what it imports
            per_row = usual["seconds"].sum() / max(1, usual["n_train"].sum())
            rows = sum(train_set.n_train for train_set in index.train_sets)
            tested = sum(predicted[task][one] for one in fits["train_set"])
            predicting = fits["predict_seconds"].sum() / max(1, tested) * sum(predicted[task].values())
            yield Projection(
                task,
                name,
                len(index.train_sets),
                len(fits),
                per_row * rows * learner.work_ratio() + predicting,
                fits["peak_mb"].max(),
                learner.memory_mb(index.size()),
            )


def lines_of(projections: Iterable[Projection]) -> list[str]:
    """A table: what the fits of each task and learner take."""
    lines = [
        f"{'task':<28} {'learner':<18} {'fits':>6} {'all of them':>12} {'each':>10} {'peak MB':>8} {'asked MB':>9}"
    ]
    for one in projections:
        each = duration(one.seconds / max(1, one.fits))
        lines.append(
            f"{one.task:<28} {one.learner:<18} {one.fits:>6} {duration(one.seconds):>12} {each:>10} "
            f"{one.peak_mb:>8.0f} {one.asked_mb:>9}"
        )
    return lines


def report(projections: list[Projection], failed: list[str], folder: Path, cores: int) -> str:
    """What the trial found, and what follows for the whole run."""
    lines = lines_of(projections)
    total, measured = sum(one.fits for one in projections), sum(one.measured for one in projections)
    seconds = sum(one.seconds for one in projections)
    peak = max((one.peak_mb for one in projections), default=0.0)
    fits_mb = _disk_mb(folder / "results/fits") * total / max(1, measured)
    other_mb = sum(_disk_mb(folder / "results" / name) for name in ("data", "tasks", "figures"))
    lines += [
        f"{measured} fits were made, {len(failed)} of them failed. The whole run has {total}:",
        f"  time    at most {duration(seconds)} of fits, {duration(seconds / cores)} with {counted(cores, 'core')} "
        "(networks stop sooner where patience or a better epoch lets them)",
        f"  memory  {peak:.0f} MB in a job, {peak * cores:.0f} MB with {counted(cores, 'job')} at once",
        f"  disk    {fits_mb + other_mb:.0f} MB in results/, besides downloads",
    ]
    return "\n".join([*lines, *(f"failed: {reason}" for reason in failed)])


def _disk_mb(folder: Path) -> float:
    """Size of all files of a folder, MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def whole_folds(folder: Path, tasks: Iterable[str]) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Rows of each test subset, and folds of each task, of the whole run."""
    rows: dict[tuple[str, str], int] = {}
    folds = {}
    for task in tasks:
        splits = read_splits(folder / f"results/tasks/{task}.splits.csv")
        folds[task] = splits["test_fold"].nunique()
        tests = splits.drop_duplicates(["test_subset", "test_fold"]).groupby("test_subset")["n_test"].sum()
        rows |= {(task, str(subset)): int(n) for subset, n in tests.items()}
    return rows, folds


def task_files(task: str, folder: Path = Path()) -> list[str]:
    """Of a run in a folder the task, its folds, splits and rows."""
    kinds = ("arrow", "folds.parquet", "splits.csv", "rows.parquet")
    return [str(folder / f"results/tasks/{task}.{kind}") for kind in kinds]


def predicted_rows(task: str, known: TaskIndex, folder: Path = Path()) -> dict[str, int]:
    """How many rows the fit of each train set of a task predicts."""
    splits = StoredSplits.open(*task_files(task, folder)[1:])
    return {
        one.name: sum(len(test.rows) for test in [*splits.tests(one.name), *splits.transfers(one.name)])
        for one in known.train_sets
    }


def seen(folder: Path, rows: Mapping[tuple[str, str], int], folds: Mapping[str, int], experiment: Experiment) -> str:
    """What the whole run will be able to see: see `soak.scores.foresight.foresight`."""
    tables, made = folder / "results/tables", folder / "results/scores"
    return foresight(
        read_table(tables / "scores.parquet"),
        read_table(made / "reference.parquet"),
        read_table(made / "row_errors.parquet"),
        rows,
        folds,
        experiment.config.verdict,
        experiment.references,
    )


def smoke(config_file: Path, cores: str) -> tuple[str, bool]:
    """Run the trial in the working directory; the text that reports on it, and whether all fits went well."""
    experiment = read_experiment(config_file)
    config = experiment.config
    if not config.tasks:
        raise SoakError("this config has no tasks: nothing will be fitted")
    folder = Path("results/smoke").resolve()
    prepare(folder)
    raw = absolute_paths(yaml.safe_load(config_file.read_text(encoding="utf-8")))
    write_config(folder, raw)
    run(folder, cores, "--", "splits")
    whole = read_index(folder / INDEX)
    checks = [
        file
        for task, index in whole.items()
        for file in experiment.checks(task, *learners_of(config, task, index.type))
    ]
    if checks:  # with the learners as they are: what ends the whole run ends the trial
        run(folder, cores, "--", *checks)
    write_config(folder, smaller_config(raw, config))
    n_rows, n_folds = whole_folds(folder, whole)
    predicted = {task: predicted_rows(task, index, folder) for task, index in whole.items()}
    keep_one_fold(folder, list(whole))
    run(folder, cores, "--rerun-triggers", "mtime", "--", "figures", "results/report.html")
    projections = list(project(config, whole, read_table(folder / "results/tables/times.parquet"), predicted))
    fits = read_table(folder / "results/tables/fits.parquet")
    rows = fits[fits["status"] == "failed"].itertuples()
    failed = [f"{row.task_id}, {row.train_set}, {row.learner}: {row.reason}" for row in rows]
    text = report(projections, failed, folder, os.cpu_count() or 1 if cores == "all" else int(cores))
    return "\n".join(filter(None, [text, seen(folder, n_rows, n_folds, experiment)])), not failed


def main(directory: str, config: str = "", cores: str = "all") -> None:
    """Run the trial in DIR and print what it found."""
    try:
        file = config_path(config, directory)
        os.chdir(directory)
        if problem := folder_problem(Path.cwd()):
            raise SoakError(problem)
        text, all_well = smoke(file, cores or "all")
        show(text)
    except (SoakError, FileNotFoundError) as error:
        sys.exit(f"soak: {error}")
    finally:
        hide_secrets(Path("results/smoke"))
    if not all_well:
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
