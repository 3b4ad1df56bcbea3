"""Train one learner on one train set and predict the test rows that ask for it."""

import contextlib
import hashlib
import json
import resource
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.fitting.record import FitRecord, read_pack, write_pack
from soak.learners.base import Fit, FitFailed, LearnerType, Prediction, TrainData
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task, TaskRows


@dataclass(frozen=True)
class Job:
    """What all fits of a pack share.

    Attributes
    ----------
    seed : int
        ``seed.train``.
    code, data : str
        Digests of the library files that the fit runs and of the task file: parts of the name under which a
        finished fit is kept.
    """

    task: Task
    learner: str
    settings: LearnerType
    seed: int
    device: str = "auto"
    splits: StoredSplits | None = None
    code: str = ""
    data: str = ""

    @property
    def stored(self) -> StoredSplits:
        """The splits, of a job that has them."""
        if self.splits is None:
            raise ValueError("this job has no splits")
        return self.splits


def run_pack(job: Job, train_sets: Iterable[tuple[str, str]], path: str | Path, finished: str | Path) -> None:
    """Run fits and write them to one zip file.

    Each finished fit of several is also kept in the folder ``finished``, under a name made of its settings, code,
    data and rows: a job that is started again takes it up from there. It stays there when the pack is whole, since
    Snakemake throws a whole pack away too if Snakemake itself was killed meanwhile; `forget` removes it.

    Parameters
    ----------
    train_sets : pairs of (name, digest of its rows)
    """
    finished = Path(finished)
    kept = [(name, finished / f"{name}.{_key(job, digest)}.zip") for name, digest in train_sets]
    records = []
    for number, (name, file) in enumerate(kept, start=1):
        record = _kept(file)
        if record is None:
            record = fit_train_set(job, name)
            if len(kept) > 1:
                write_pack(file, [record])
        print(f"{number}/{len(kept)} {name}: {record.status} {record.reason} {record.seconds:.2f} s", flush=True)
        records.append(record)
    write_pack(path, records)


def forget(packs: Iterable[str | Path]) -> None:
    """Remove what is kept of single fits, once the tables are made of the packs that hold them."""
    for folder in {Path(pack).parent for pack in packs}:
        shutil.rmtree(folder / "finished", ignore_errors=True)


def _key(job: Job, digest: str) -> str:
    settings = job.settings.model_dump(mode="json", by_alias=True)
    versions = job.settings.versions()
    told = [job.task.name, job.learner, settings, versions, job.seed, job.device, job.code, job.data, digest]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _kept(file: Path) -> FitRecord | None:
    """A fit that an interrupted job has finished; a file that is not whole counts as none."""
    if not file.exists():
        return None
    try:
        return next(iter(read_pack(file)))
    except (SoakError, StopIteration):
        return None


def fit_train_set(job: Job, train_set: str) -> FitRecord:
    """Fit on one train set and predict its tests; a fit that fails is a record that says why."""
    record, fit = train(job, TaskRows(job.task, job.stored.train(train_set)), train_set)
    if fit is None:
        return record
    try:
        predictions = _predictions(job, train_set, fit)
    except Exception as error:
        return replace(record, status="failed", reason=_reason(error))
    return replace(record, tables={**record.tables, "predictions": predictions})


def train(job: Job, rows: TaskRows, train_set: str) -> tuple[FitRecord, Fit | None]:
    """Fit on some rows, and measure what it costs; no Fit if that fails."""
    data = TrainData(rows, job.seed, torch_seed(job.seed, job.task.name, train_set, job.learner), job.device)
    fit, reason = None, ""
    job.settings.load()  # seconds of torch that are not training
    _reset_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        fit = job.settings.fit(job.learner, data)
    except Exception as error:  # whatever a learner raises is told, and the other fits go on
        reason = _reason(error)
    record = FitRecord(
        job.task.name,
        train_set,
        job.learner,
        len(rows),
        status="failed" if fit is None else "ok",
        reason=reason,
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
        peak_mb=_peak_mb(),
        versions=job.settings.versions(),
    )
    return (record, None) if fit is None else (_told(record, fit), fit)


def _told(record: FitRecord, fit: Fit) -> FitRecord:
    """The record with what the learner tells of its fit."""
    tables = dict(fit.tables) if fit.history is None else {**fit.tables, "history": fit.history}
    arrow = {name: pa.Table.from_pandas(table, preserve_index=False) for name, table in tables.items()}
    return replace(record, info={key: _plain(value) for key, value in fit.info.items()}, tables=arrow)


def torch_seed(seed: int, *names: str) -> int:
    """63 bits made of ``seed.train`` and names, the same on every machine and in every order of jobs."""
    text = "\0".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _predictions(job: Job, train_set: str, fit: Fit) -> pa.Table:
    """All algorithms' predictions of all test rows, one row each."""
    tests = job.stored.tests(train_set)
    rows = np.concatenate([test.rows for test in tests])
    subsets = np.repeat([test.test_subset for test in tests], [len(test.rows) for test in tests])
    parts = []
    for algorithm, predict in fit.predict.items():
        prediction = predict(TaskRows(job.task, rows))
        _check_finite(algorithm, prediction)
        columns: dict[str, Any] = {
            "algorithm": pa.array([algorithm] * len(rows)).dictionary_encode(),
            "test_subset": pa.array(subsets, pa.string()).dictionary_encode(),
            "row": pa.array(rows),
            "response": pa.array(prediction.response),
        }
        if prediction.probabilities is not None:
            for label, values in zip(job.task.classes, prediction.probabilities.T, strict=True):
                columns[f"prob.{label}"] = pa.array(np.ascontiguousarray(values))
        parts.append(pa.table(columns))
    return pa.concat_tables(parts).unify_dictionaries()


def _check_finite(algorithm: str, prediction: Prediction) -> None:
    parts: list[NDArray[Any]] = [prediction.response]
    if prediction.probabilities is not None:
        parts.append(prediction.probabilities)
    bad = sum(int((~np.isfinite(part)).sum()) for part in parts)
    if bad:
        raise FitFailed(f"{algorithm}: {bad} predictions are not finite")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, FitFailed | SoakError) else f"{type(error).__name__}: {text}"


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's own, so that it can be written as JSON."""
    return value.item() if isinstance(value, np.generic) else value


def _reset_peak() -> None:
    """Let the kernel measure the peak of this process anew (Linux; elsewhere it is the process's highest)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    try:
        status: Mapping[str, str] = dict(
            line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line
        )
        return int(status["VmHWM"].split()[0]) / 1024
    except (OSError, KeyError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
