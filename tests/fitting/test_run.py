"""Fits of a pack: kept when the job is interrupted, and recorded when they fail."""

from pathlib import Path

import numpy as np
import pytest

from soak.fitting import run
from soak.fitting.record import FINISHED, forget, read_pack
from soak.fitting.run import Job, run_pack, torch_seed
from soak.learners.base import FitFailed
from soak.learners.featureless import Featureless
from soak.provenance import code_files
from soak.resampling.split_task import write_splits
from soak.resampling.splitter import SameOtherSizesCV
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def job(tmp_path):
    """A pack's job on a task of two subsets."""
    random = np.random.default_rng(1)
    subset = np.repeat(["A", "B"], 30)
    task = Task(
        name="T",
        type="regression",
        features=random.normal(size=(60, 2)),
        feature_names=("x", "z"),
        scale=1.0,
        target=random.normal(size=60),
        classes=(),
        subset=subset,
        strata={},
    )
    files = [tmp_path / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(SameOtherSizesCV().instantiate(subset), "T", *files)
    splits = StoredSplits.open(files[0], files[1], files[3])
    return Job(task, "featureless", Featureless(type="featureless"), seed=1, splits=splits)


SETS = [("all.fold1", "d1"), ("A.fold1", "d2"), ("B.fold1", "d3")]


def test_every_test_row_that_asks_is_predicted(job, tmp_path):
    run_pack(job, SETS, tmp_path / "1")
    records = {record.train_set: record for record in read_pack(tmp_path / "1")}
    assert list(records) == [name for name, _ in SETS]
    for name, record in records.items():
        predictions = record.tables["predictions"]
        asked = np.concatenate([test.rows for test in job.splits.tests(name)])
        assert predictions["row"].to_pylist() == asked.tolist()
        mean = job.task.target[job.splits.train(name)].mean()
        np.testing.assert_allclose(predictions["response"].to_numpy(), mean)


def test_predictions_of_a_train_set_that_serves_several_folds_name_the_fold(tmp_path):
    """B has no rows in folds 3 and 4, so that other trains on the same rows there."""
    subset, fold = np.array(["A"] * 12 + ["B"] * 2), np.array([1, 2, 3, 4] * 3 + [1, 2])
    files = [tmp_path / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(SameOtherSizesCV(folds=4).instantiate(subset, fold=fold), "T", *files)
    task = Task("T", "regression", np.ones((14, 1)), ("x",), 1.0, np.arange(14.0), (), subset, {})
    splits = StoredSplits.open(files[0], files[1], files[3])
    job = Job(task, "featureless", Featureless(type="featureless"), seed=1, splits=splits)
    run_pack(job, [("B.fold3", "d")], tmp_path / "1")
    (record,) = read_pack(tmp_path / "1")
    assert record.tables["predictions"].select(["test_subset", "test_fold", "row"]).to_pylist() == [
        {"test_subset": "A", "test_fold": fold, "row": row}
        for fold, rows in ((3, (2, 6, 10)), (4, (3, 7, 11)))
        for row in rows
    ]


def test_a_new_measure_or_table_trains_nothing_again():
    files = code_files(SCRIPTS / "fit.py", "soak.learners.cv_glmnet", "soak.learners.torch_mlp")
    assert not {"measures.py", "tables.py"} & {file.name for file in files}


def test_single_fits_are_kept_until_a_run_ends_well(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for task in ("T", "Another"):
        run_pack(job, SETS, f"results/fits/{task}/featureless/1")
    forget(["T"])
    kept = {file.parts[2] for file in Path("results/fits").rglob("*.arrow")}
    assert kept == {"Another"}
    assert len(list(Path("results/fits/Another/featureless", FINISHED).iterdir())) == len(SETS)


def test_finished_fits_of_an_interrupted_job_are_taken_up(job, tmp_path, monkeypatch):
    trained = []
    fit = Featureless.fit

    def killed_at_the_second(settings, name, data):
        trained.append(len(data.rows))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return fit(settings, name, data)

    monkeypatch.setattr(Featureless, "fit", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_pack(job, SETS, tmp_path / "1")
    assert not (tmp_path / "1").exists()
    run_pack(job, SETS, tmp_path / "1")
    assert len(trained) == 1 + 1 + 2  # the first, the killed one, and the two that were left
    assert len(list(read_pack(tmp_path / "1"))) == 3


@pytest.mark.parametrize("change", [{"seed": 2}, {"code": "other"}, {"data": "other"}])
def test_a_kept_fit_of_other_settings_code_or_data_is_not_taken(job, change):
    other = run.replace(job, **change)
    assert other.key("d1") != job.key("d1")
    assert job.key("d1") == run.replace(job).key("d1")
    assert job.key("d2") != job.key("d1")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FitFailed("it diverged at epoch 3"), "it diverged at epoch 3"),
        (MemoryError("no\nroom"), "MemoryError: no room"),
    ],
)
def test_a_fit_that_raises_is_a_record_that_says_why(job, tmp_path, monkeypatch, error, reason):
    def fails(settings, name, data):
        raise error

    monkeypatch.setattr(Featureless, "fit", fails)
    run_pack(job, SETS[:1], tmp_path / "1")
    (record,) = read_pack(tmp_path / "1")
    assert (record.status, record.reason, dict(record.tables)) == ("failed", reason, {})


def test_a_train_set_without_rows_is_an_empty_fit(tmp_path):
    """All rows of B are in fold 1: its own train set for that fold has none."""
    subset, fold = np.repeat(["A", "B"], 6), np.array([1, 2] * 3 + [1] * 6)
    files = [tmp_path / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(SameOtherSizesCV(folds=2).instantiate(subset, fold=fold), "T", *files)
    task = Task("T", "regression", np.ones((12, 1)), ("x",), 1.0, np.arange(12.0), (), subset, {})
    job = Job(task, "f", Featureless(type="featureless"), 1, splits=StoredSplits.open(files[0], files[1], files[3]))
    run_pack(job, [("B.fold1", "d")], tmp_path / "1")
    (record,) = read_pack(tmp_path / "1")
    assert (record.status, record.reason, record.n_train, dict(record.tables)) == ("empty", "", 0, {})
    assert record.info["note"] == "the train set has no rows"


def test_predictions_that_are_not_finite_are_a_failure_not_a_score(job, tmp_path):
    broken = run.replace(job, task=run.replace(job.task, target=np.full(60, np.inf)))
    run_pack(broken, SETS[:1], tmp_path / "1")
    (record,) = read_pack(tmp_path / "1")
    assert record.status == "failed"
    assert "predictions are not finite" in record.reason


def test_seeds_follow_from_names_alone():
    assert torch_seed(1, "T", "all.fold1", "mlp") == torch_seed(1, "T", "all.fold1", "mlp")
    seeds = {torch_seed(s, t, n, m) for s in (1, 2) for t in "TU" for n in ("a", "b") for m in ("x", "y")}
    assert len(seeds) == 16
    assert all(0 <= seed < 2**63 for seed in seeds)
