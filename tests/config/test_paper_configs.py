"""The configs of the paper have the paper's settings."""

import pytest
import yaml
from small_runs import ROOT

from soak.config.check import load_config
from soak.data.sources import is_remote


def config_of(name):
    file = ROOT / f"config/{name}.yaml"
    return load_config(yaml.safe_load(file.read_text()), [file])


def test_paper_trains_as_the_paper_does():
    config = config_of("paper")
    assert config.resampling.folds == 10
    networks = {name: one for name, one in config.learners.items() if name.startswith("torch_")}
    assert {name: len(one.graph) for name, one in networks.items()} == {
        "torch_linear": 1,
        "torch_dense_50": 3,
        "torch_conv": 8,
    }
    for one in networks.values():
        assert (one.batch_size, one.epochs, one.patience, one.validate_) == (100, 200, 200, 0.5)
    tuned = {
        name: {key: len(values) for key, values in config.learners[name].tune.items()}
        for name in ("xgboost", "nearest_neighbors")
    }
    assert tuned == {"xgboost": {"learning_rate": 5, "n_estimators": 5}, "nearest_neighbors": {"n_neighbors": 10}}


@pytest.mark.parametrize("name", ["paper", "benchmark", "published"])
def test_every_image_and_score_has_a_checksum(name):
    config = config_of(name)
    for dataset in config.datasets.values():
        for source in dataset.sources().values():
            assert source.hashes or "ElemStatLearn" in source.urls[0]
    for one in config.scores.values():
        commit, main = one.file
        assert is_remote(commit)
        assert main.replace("/main/", "/c7046c8c57dc93fbf720ac1c30410bfd1840fff0/") == commit
        assert one.hash[0].startswith("raw-sha256:")


def test_benchmark_has_the_20_data_sets_of_table_1():
    assert len(config_of("benchmark").tasks) == 20
    assert set(config_of("benchmark").tasks) == {
        task for tasks in config_of("published").subset_types.values() for task in tasks
    } - {"NSCH_autism_again", "MNIST_EMNIST_rot_networks"}
