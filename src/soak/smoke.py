"""A small go before a long run: does everything work, and what will the whole take?

    python -m soak.smoke DIR [CONFIG] [CORES]

One test fold with few epochs of every task and learner runs in DIR/results/smoke, to the last figure. Rows and
features are as many as in the whole, so that memory is what it will be; times are scaled up to all folds and epochs.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from soak.config.workflow import Config
from soak.errors import SoakError
from soak.experiment import learners_of
from soak.files import atomic
from soak.fitting.plan import TaskIndex, read_index
from soak.resampling.store import read_splits
from soak.status import DEFAULT_CONFIG, duration, read_config
from soak.tables import read_table

ROOT = DEFAULT_CONFIG.parents[1]


@dataclass(frozen=True)
class Projection:
    """What the fits of a learner on a task will take.

    Attributes
    ----------
    seconds : float
        All fits, one after the other.
    peak_mb : float
        The highest that was measured in a fit.
    """

    task: str
    learner: str
    fits: int
    measured: int
    seconds: float
    peak_mb: float


def reduced(raw: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The config with few epochs, inner folds and candidates, and a job per task and learner."""
    learners = {name: {**raw["learners"][name], **one.smaller()} for name, one in config.learners.items()}
    execution = {**raw.get("execution", {}), "fits_per_job": 1000}
    return {**raw, "learners": learners, "execution": execution}


def one_fold(directory: Path, tasks: list[str]) -> None:
    """Leave of the splits of each task those of its first test fold and seed."""
    for task in tasks:
        splits_file = directory / f"results/tasks/{task}.splits.csv"
        sets_file = splits_file.with_name(f"{task}.train_sets.csv")
        splits = read_splits(splits_file)
        first = splits.iloc[0]
        kept = splits[(splits["test_fold"] == first["test_fold"]) & (splits["seed"] == first["seed"])]
        sets = pd.read_csv(sets_file, dtype=str, keep_default_na=False)
        for table, file in ((kept, splits_file), (sets[sets["train_set"].isin(kept["train_set"])], sets_file)):
            with atomic(file) as temporary:
                table.to_csv(temporary, index=False, lineterminator="\n")


def project(config: Config, whole: Mapping[str, TaskIndex], times: pd.DataFrame) -> Iterator[Projection]:
    """Scale what fits took up to all fits of the config.

    Parameters
    ----------
    whole : mapping
        Index of the tasks with all their train sets.
    times : DataFrame
        The table of times of the small go.
    """
    for task, told in whole.items():
        for learner, settings in learners_of(config, task, told.type).items():
            mine = times[(times["task_id"] == task) & (times["learner"] == learner)]
            rows = sum(one.n_train for one in told.train_sets)
            usual = mine.iloc[1:] if len(mine) > 1 else mine  # the first of a process also pays for what it imports
            per_row = usual["seconds"].sum() / max(1, usual["n_train"].sum())
            seconds = per_row * rows * settings.work_ratio()
            yield Projection(task, learner, len(told.train_sets), len(mine), seconds, mine["peak_mb"].max())


def run(directory: Path, raw: Mapping[str, Any], cores: str, *arguments: str) -> None:
    """Run the workflow in a folder."""
    file = directory / "config.yaml"
    file.write_text(yaml.safe_dump(dict(raw), sort_keys=False))
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", cores, "--configfile", str(file)]
    done = subprocess.run([*command, "--directory", str(directory), *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise SoakError(f"the small go failed; its files are in {directory}")


def prepare(directory: Path) -> Path:
    """A new folder for the small go: downloads are shared, and what else lies in DIR is found there too."""
    folder = directory / "results" / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "results").mkdir(parents=True)
    (directory / "results" / "raw").mkdir(exist_ok=True)
    (folder / "results" / "raw").symlink_to(directory / "results" / "raw")
    for entry in directory.iterdir():
        if entry.name not in ("results", "config.yaml") and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    return folder


def from_there(raw: Any, directory: Path) -> Any:
    """The config with paths that lead upwards (../data.csv) made absolute."""
    if isinstance(raw, dict):
        return {key: from_there(value, directory) for key, value in raw.items()}
    if isinstance(raw, list):
        return [from_there(value, directory) for value in raw]
    if isinstance(raw, str) and raw.startswith("../") and (directory / raw).exists():
        return str((directory / raw).resolve())
    return raw


def disk_mb(folder: Path) -> float:
    """Size of all files of a folder, MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def tell(config: Config, whole: Mapping[str, TaskIndex], folder: Path, cores: int) -> str:
    """What the small go found, and what it says of the whole."""
    fits = read_table(folder / "results/tables/fits.parquet")
    found = list(project(config, whole, read_table(folder / "results/tables/times.parquet")))
    lines = [
        f"{'task':<28} {'learner':<18} {'fits':>6} {'all of them':>12} {'each':>10} {'peak MB':>8} {'asked MB':>9}"
    ]
    for one in found:
        told = whole[one.task]
        asked = config.learners[one.learner].memory_mb(told.size())
        each = duration(one.seconds / max(1, one.fits))
        lines.append(
            f"{one.task:<28} {one.learner:<18} {one.fits:>6} {duration(one.seconds):>12} {each:>10} "
            f"{one.peak_mb:>8.0f} {asked:>9}"
        )
    total, measured = sum(one.fits for one in found), sum(one.measured for one in found)
    seconds, peak = sum(one.seconds for one in found), max((one.peak_mb for one in found), default=0.0)
    of_fits = disk_mb(folder / "results/fits") * total / max(1, measured)
    others = sum(disk_mb(folder / "results" / name) for name in ("data", "tasks", "figures"))
    lines += [
        f"{measured} fits were made, {(fits['status'] == 'failed').sum()} of them failed. The whole has {total}:",
        f"  time    at most {duration(seconds)} of fits, {duration(seconds / cores)} with {cores} cores "
        "(networks stop sooner where patience or a better epoch lets them)",
        f"  memory  {peak:.0f} MB in a job, {peak * cores:.0f} MB with {cores} jobs at once",
        f"  disk    {of_fits + others:.0f} MB in results/, besides downloads",
    ]
    failed = fits[fits["status"] == "failed"]
    lines += [f"failed: {row.task_id}, {row.train_set}, {row.learner}: {row.reason}" for row in failed.itertuples()]
    return "\n".join(lines)


def smoke(directory: Path, config_file: Path, cores: str) -> str:
    """Do the small go; the text that tells of it."""
    config = read_config(config_file)
    if not config.tasks:
        raise SoakError("this config has no tasks: nothing will be fitted")
    folder = prepare(directory)
    raw = reduced(from_there(yaml.safe_load(config_file.read_text()), directory), config)
    run(folder, raw, cores, "--", "splits")
    whole = read_index(folder / "results/tasks/index.json")
    one_fold(folder, list(whole))
    run(folder, raw, cores, "--rerun-triggers", "mtime", "--", "tables", "figures", "results/report.html")
    return tell(config, whole, folder, os.cpu_count() or 1 if cores == "all" else int(cores))


def main(arguments: list[str]) -> int:
    """Do the small go in DIR and print what it found."""
    directory, config, cores = (*arguments, *["", "", ""][len(arguments) :])
    sys.path.append(directory or ".")  # where the user's own measures, readers and learners are
    try:
        print(smoke(Path(directory or ".").resolve(), Path(config or DEFAULT_CONFIG), cores or "all"))
    except SoakError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
