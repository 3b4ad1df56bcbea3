"""Train one learner on train sets, and predict the test rows that its splits have."""

import contextlib
import hashlib
import json
import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.errors import SoakError, printable
from soak.fitting.model import fit_model
from soak.fitting.record import FINISHED, FitRecord, read_fit, write_fit, write_pack
from soak.fitting.state import own_state, seeded
from soak.learners.base import Fit, FitFailed, LearnerType, Prediction, TrainData, check_prediction
from soak.plugins import find
from soak.resampling.store import StoredSplits, StoredTest
from soak.tasks.task import Task, TaskRows

_LONGEST_REASON = 1000  # characters


@dataclass(frozen=True)
class Job:
    """What all fits of a pack share.

    Attributes
    ----------
    task : Task
    learner : str
        Its name in the config.
    settings : LearnerType
    seed : int
        ``seed.train``.
    device : str
        "auto", "cpu" or "cuda".
    splits : StoredSplits, or None for `train` on any rows
    code, data : str
        Digests of all code that the fit runs and of the task file: parts of the name under which a finished fit is
        kept.
    """

    task: Task
    learner: str
    settings: LearnerType
    seed: int
    device: str = "auto"
    splits: StoredSplits | None = None
    code: str = ""
    data: str = ""

    def key(self, digest: str) -> str:
        """16 hexadecimal digits that stand for all that decides a fit on the rows with this digest."""
        settings = self.settings.model_dump(mode="json", by_alias=True)
        versions = self.settings.versions()
        parts = [self.task.name, self.learner, settings, versions, self.seed, self.device, self.code, self.data, digest]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def run_pack(
    job: Job,
    train_sets: Iterable[tuple[str, str]],
    folder: str | Path,
    failed: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run fits and write them to a folder (see `soak.fitting.record`).

    Each finished fit is also kept as FINISHED/TRAIN_SET.KEY.arrow beside the folder, the key made of settings,
    code, data and rows: a job that is started again takes it from there. It stays there when the pack is whole, since
    Snakemake removes a whole pack too if Snakemake itself was killed meanwhile; `forget` removes it after a
    run that ended well.

    Parameters
    ----------
    job : Job
    train_sets : pairs of (name, digest of its rows)
    folder : path
        results/fits/TASK/LEARNER/PACK
    failed : mapping of str to str
        Train sets whose fits are known to fail, with the reason; they are not kept.
    """
    records = []
    for name, digest in train_sets:
        file = kept_file(job, name, digest, folder)
        records.append(
            _failed(job, name, failed[name]) if name in failed else read_fit(file) or keep_fit(job, name, file)
        )
    write_pack(folder, records)


def keep_fit(job: Job, train_set: str, file: Path) -> FitRecord:
    """Fit on one train set, and keep the record in a file (see `run_pack`)."""
    record = fit_train_set(job, train_set)
    write_fit(file, record)
    print(f"{train_set}: {record.status} {record.reason} {record.seconds:.2f} s", flush=True)
    return record


def kept_file(job: Job, train_set: str, digest: str, folder: str | Path) -> Path:
    """Where a finished fit is kept; ``digest`` of its rows, ``folder`` of its pack."""
    return Path(folder).parent / FINISHED / f"{train_set}.{job.key(digest)}.arrow"


def _failed(job: Job, train_set: str, reason: str) -> FitRecord:
    n_train = 0 if job.splits is None else len(job.splits.train(train_set))
    versions = job.settings.versions()
    return FitRecord(job.task.name, train_set, job.learner, n_train, "failed", reason, versions=versions)


def fit_train_set(job: Job, train_set: str) -> FitRecord:
    """Fit on one train set and predict its tests; a fit that fails is a record that says why."""
    if job.splits is None:
        raise ValueError("expected a job with splits")
    record, fit = train(job, TaskRows(job.task, job.splits.train(train_set)), train_set)
    if fit is None:
        return record
    start = time.perf_counter()
    try:
        predictions = _predictions(job, job.splits, train_set, fit)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return replace(record, status="failed", reason=reason_of(error))
    tables = {**record.tables, "predictions": predictions}
    return replace(record, predict_seconds=time.perf_counter() - start, tables=tables)


def train(job: Job, rows: TaskRows, train_set: str) -> tuple[FitRecord, Fit | None]:
    """Fit on some rows, and measure what it costs; no Fit if that fails, or there are no rows."""
    if not len(rows):
        note = {"note": "the train set has no rows"}
        versions = job.settings.versions()
        return FitRecord(job.task.name, train_set, job.learner, 0, "empty", info=note, versions=versions), None
    data = TrainData(rows, job.seed, _fit_seed(job, train_set), job.device)
    fit, reason, cost = None, "", {}
    try:
        with seeded(torch_seed(job.seed, job.learner)):  # once in a process, whichever fit is the first
            job.settings.load()  # seconds of importing torch are not training
            for path in job.settings.import_paths():
                find(path, "class")
        with _measured() as cost, _state(job, data.torch_seed):
            fit = fit_model(job.settings, job.learner, data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # any error of a learner is a failed fit, and the other fits go on
        reason = reason_of(error)
    record = FitRecord(
        job.task.name,
        train_set,
        job.learner,
        len(rows),
        status="failed" if fit is None else "ok",
        reason=reason,
        versions=job.settings.versions(),
        **cost,
    )
    return record if fit is None else replace(record, **_found(fit)), fit


def _state(job: Job, seed: int) -> contextlib.AbstractContextManager[None]:
    """What this library's own learners draw from is seeded where it is drawn, and they change nothing of the process."""
    return own_state(seed) if job.settings.runs_other_code else contextlib.nullcontext()


def _fit_seed(job: Job, train_set: str) -> int:
    return torch_seed(job.seed, job.task.name, train_set, job.learner)


def torch_seed(seed: int, *names: str) -> int:
    """63 bits made of ``seed.train`` and names, the same on every machine and in every order of jobs."""
    text = "\0".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _found(fit: Fit) -> dict[str, Any]:
    """Fields of a record that hold what a learner found, as JSON and Arrow know them."""
    tables = dict(fit.tables) if fit.history is None else {**fit.tables, "history": fit.history}
    return {
        "info": {key: value.item() if isinstance(value, np.generic) else value for key, value in fit.info.items()},
        "tables": {name: pa.Table.from_pandas(table, preserve_index=False) for name, table in tables.items()},
    }


def _predictions(job: Job, splits: StoredSplits, train_set: str, fit: Fit) -> pa.Table:
    """All algorithms' predictions of all test rows: by algorithm, test set and row.

    Rows that only the transfer map asks for are predicted apart, so that the map changes no bit of the others (sums in a
    product of matrices may depend on the number of rows), and is left out where a model cannot predict them.
    """
    seed = _fit_seed(job, train_set)
    parts = _predicted(job, splits.tests(train_set), fit, seed)
    if transfers := splits.transfers(train_set):
        try:
            parts += _predicted(job, transfers, fit, seed)
        except Exception as error:
            print(f"{train_set}: no predictions for the transfer map: {reason_of(error)}", flush=True)
    return pa.concat_tables(parts).unify_dictionaries()


def _predicted(job: Job, tests: Sequence[StoredTest], fit: Fit, seed: int) -> list[pa.Table]:
    """Predictions by algorithm and test set, a table for each; ``seed``: of the fit.

    Test sets are predicted one by one, as R does: ties between classes are drawn anew for each.
    """
    parts = []
    for algorithm, predict in fit.predict.items():
        predictions = []
        for test in tests:
            with _state(job, torch_seed(seed, algorithm, test.test_subset, str(test.test_fold))):
                prediction = predict(TaskRows(job.task, test.rows))
            _check(algorithm, prediction, job.task, len(test.rows))
            predictions.append(prediction)
        parts.append(_prediction_table(job.task, tests, algorithm, predictions))
    return parts


def _prediction_table(
    task: Task, tests: Sequence[StoredTest], algorithm: str, predictions: Sequence[Prediction]
) -> pa.Table:
    """The predictions of some test sets, one below the other."""
    rows = np.concatenate([test.rows for test in tests])
    sizes = [len(test.rows) for test in tests]
    names = pa.array([test.test_subset for test in tests], pa.string()).dictionary_encode()
    columns: dict[str, Any] = {
        "algorithm": _dictionary(np.zeros(len(rows), np.int32), [algorithm]),
        "test_subset": _dictionary(np.repeat(names.indices.to_numpy(), sizes), names.dictionary),
        "test_fold": np.repeat(np.array([test.test_fold for test in tests], np.int64), sizes),
        "row": rows,
        "response": np.concatenate([prediction.response for prediction in predictions]),
    }
    probabilities = [one.probabilities for one in predictions if one.probabilities is not None]
    if probabilities:
        for label, values in zip(task.classes, np.concatenate(probabilities).T, strict=True):
            columns[f"prob.{label}"] = np.ascontiguousarray(values)
    return pa.table(columns)


def _dictionary(codes: NDArray[np.int32], words: Any) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _check(algorithm: str, prediction: Prediction, task: Task, n_rows: int) -> None:
    try:
        check_prediction(prediction, task, n_rows)
    except FitFailed as error:
        raise FitFailed(f"{algorithm}: {error}") from None


def reason_of(error: BaseException) -> str:
    """Why a fit failed, in one line of at most so many characters; the text of a learner's error may be anything."""
    try:
        text = " ".join(str(error)[: 10 * _LONGEST_REASON].split())
    except Exception:
        text = "its error cannot be shown as text"
    if not isinstance(error, FitFailed | SoakError):
        name = " ".join(type(error).__name__.split())
        text = f"{name}: {text}" if text else name
    text = printable(text)
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 2]} …"


@contextlib.contextmanager
def _measured() -> Iterator[dict[str, Any]]:
    """Yield a dict that has seconds, cpu_seconds and peak_mb of the block once it ends.

    The peak is that of the block on Linux, whose kernel can measure it anew; elsewhere that of the whole process.
    """
    cost: dict[str, Any] = {}
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # Linux: resets VmHWM, the peak resident memory
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost |= {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    try:
        status = dict(
            line.split(":", 1)
            for line in Path("/proc/self/status").read_text(encoding="utf-8", errors="replace").splitlines()
            if ":" in line
        )
        return int(status["VmHWM"].split()[0]) / 1024
    except (OSError, KeyError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
