"""Which fits share a job."""

import pytest

from soak.fitting.plan import TaskIndex, TrainSet, estimate_seconds, make_packs, read_index, write_index
from soak.learners.base import FitSize
from soak.learners.cv_glmnet import CvGlmnet
from soak.learners.featureless import Featureless
from soak.learners.torch_mlp import TorchMlp

SETS = tuple(TrainSet(f"all.fold{k}", 1000, f"d{k}") for k in range(1, 10))
TASK = TaskIndex("Digits", "classification", 1500, 64, 10, SETS)
FEATURELESS = Featureless(type="featureless")


@pytest.mark.parametrize(
    ("per_job", "sizes"), [(1, [1] * 9), (2, [2, 2, 1, 2, 2]), (4, [3, 3, 3]), (9, [9]), (50, [9])]
)
def test_train_sets_are_dealt_evenly_and_in_order(per_job, sizes):
    packs = make_packs(TASK, "featureless", FEATURELESS, per_job)
    assert [len(pack.train_sets) for pack in packs] == sizes
    assert [one for pack in packs for one in pack.train_sets] == list(SETS)
    assert len({pack.name for pack in packs}) == len(packs)


def test_auto_packs_cheap_fits_and_leaves_long_ones_alone():
    big = TaskIndex("MNIST", "classification", 140_000, 784, 10, tuple(TrainSet(str(k), 90_000, "d") for k in range(9)))
    assert len(make_packs(TASK, "featureless", FEATURELESS, "auto")) == 1
    assert len(make_packs(big, "cv_glmnet", CvGlmnet(type="cv_glmnet"), "auto")) == 9


def test_fits_on_millions_of_rows_do_not_all_share_a_job():
    sets = tuple(TrainSet(str(k), 2_534_170, "d") for k in range(90))
    wide = TaskIndex("Wide", "classification", 2_815_744, 81, 2, sets)
    linear = TorchMlp(type="torch_mlp", epochs=1, batch_size=5000, scale="standard")
    assert (
        5 <= len(make_packs(wide, "linear", linear, "auto")) <= 20
    )  # a fit takes 3 to 4 s of CPU (benchmarks/bench_csv.py)


def test_a_task_without_train_sets_has_no_jobs():
    assert make_packs(TaskIndex("T", "regression", 10, 2, 1, ()), "featureless", FEATURELESS, "auto") == []


def test_the_index_is_read_as_it_was_written(tmp_path):
    write_index(tmp_path / "index.json", [TASK])
    assert read_index(tmp_path / "index.json") == {"Digits": TASK}


def test_more_work_is_estimated_to_take_longer():
    small, large = TorchMlp(type="torch_mlp", neurons=[10]), TorchMlp(type="torch_mlp", neurons=[500, 100])
    assert estimate_seconds(large, FitSize(1000, 1000, 784, 10)) > estimate_seconds(small, FitSize(1000, 1000, 784, 10))
    assert estimate_seconds(small, FitSize(100_000, 100_000, 784, 10)) > estimate_seconds(
        small, FitSize(1000, 1000, 784, 10)
    )
    assert CvGlmnet(type="cv_glmnet").memory_mb(FitSize(70_000, 70_000, 784, 10)) > 8 * 70_000 * 784 / 1e6
