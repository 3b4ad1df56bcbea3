"""What the rules ask of a config, without Snakemake."""

from pathlib import Path

import pytest
import yaml

from soak.config.check import load_config, measures_of
from soak.experiment import Experiment, learners_of, pattern
from soak.fitting.plan import TaskIndex, TrainSet, write_index

SCRIPTS = Path(__file__).parents[1] / "scripts"
CONFIG = """
datasets:
  Digits: {builtin: digits}
  Turned: {transpose_of: Digits}
  Own: {idx: [{images: https://example.org/i.gz, labels: labels.gz}]}
tasks:
  Images: {datasets: [Digits, Turned]}
  Trees: {table: a.csv, target: y, type: regression, learners: [featureless], measures: [r2]}
  Own: {table: a.csv, target: y}
learners:
  featureless: {type: featureless}
  forest: {type: estimator, class: sklearn.ensemble.RandomForestRegressor}
  knn: {type: estimator, class: sklearn.neighbors.KNeighborsClassifier}
  net: {type: torch_mlp}
"""


def config(text=""):
    return load_config(yaml.safe_load(CONFIG + text))


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """A function that gives the experiment of the config and more keys, with an index of split tasks."""
    monkeypatch.chdir(tmp_path)
    Path("labels.gz").write_bytes(b"")
    sets = tuple(TrainSet(f"all.fold{fold}", 100, f"d{fold}") for fold in (1, 2, 3))
    types = {"Images": "classification", "Trees": "regression", "Own": "regression"}
    write_index("results/tasks/index.json", [TaskIndex(name, kind, 150, 4, 2, sets) for name, kind in types.items()])
    return lambda text="": Experiment(config(text), SCRIPTS)


def test_a_task_has_the_learners_that_suit_it_or_those_that_it_names():
    assert list(learners_of(config(), "Images", "classification")) == ["featureless", "knn", "net"]
    assert list(learners_of(config(), "Own", "regression")) == ["featureless", "forest", "net"]
    assert list(learners_of(config(), "Trees", "regression")) == ["featureless"]


def test_measures_default_by_type_and_a_task_may_name_its_own():
    assert measures_of(config(), "Images", "classification") == ["zero_one_loss", "log_loss"]
    assert measures_of(config(), "Own", "regression") == ["mean_squared_error", "mean_absolute_error"]
    assert measures_of(config(), "Trees", "regression") == ["r2"]
    both = config("measures: [accuracy, r2]")
    assert measures_of(both, "Images", "classification") == ["accuracy"]
    assert measures_of(both, "Own", "regression") == ["r2"]


def test_data_sets_and_their_raw_files(experiment):
    run = experiment()
    assert run.transposed == {"Turned": "Digits"}
    assert run.decoded == ["Digits", "Own"]
    assert run.raw_files("Own")[0] == "results/raw/Own/images_1"
    assert run.local_file("Own", "labels_1") == ["labels.gz"]
    assert run.local_file("Own", "images_1") == []


def test_rows_of_a_task(experiment):
    assert experiment().task_rows("Images") == ["results/data/Digits.arrow", "results/data/Turned.arrow"]
    assert experiment().task_rows("Trees") == ["results/raw/Trees/table"]
    assert "learners" not in experiment().task_settings("Trees")


def test_what_the_type_of_a_task_decides_is_left_for_the_splits(experiment):
    """`Own` may be either; if it is classification, nothing is left for the forest."""
    unsettled = experiment().unsettled()
    assert unsettled["tasks"] == ["Own"]
    assert unsettled["regression"] == []
    assert unsettled["classification"] == [
        "learners.forest: suits no task of this config (classification and regression): "
        "class: sklearn.ensemble.RandomForestRegressor is for regression; change it, or remove the learner"
    ]


def test_nothing_is_left_where_the_config_tells_all_types(experiment):
    raw = yaml.safe_load(CONFIG)
    raw["tasks"]["Own"]["type"] = "regression"
    assert Experiment(load_config(raw), SCRIPTS).unsettled() == {}


def test_packs_and_checks(experiment):
    run = experiment("execution: {fits_per_job: 2}")
    assert len(run.task_packs("Images")) == 3 * 2
    assert run.pack_train_sets("Trees", "featureless", "2") == [["all.fold3", "d3"]] or run.pack_train_sets(
        "Trees", "featureless", "2"
    ) == [["all.fold2", "d2"], ["all.fold3", "d3"]]
    assert run.pack_priority("Images", "net", "1") == pytest.approx(2 * run.pack_priority("Images", "net", "2"))
    assert run.checks("Images", "featureless", "net") == ["results/tasks/checked/Images/net.json"]
    assert "results/tasks/checked/Own/forest.json" in run.all_checks()


@pytest.mark.parametrize("ask", ["intermediate_files", "all_packs", "all_checks", "scored", "further_measures"])
def test_snakemake_is_asked_for_the_index_once_however_many_tasks_there_are(experiment, ask):
    run = experiment()
    asked, wait = [], run.wait_for_index

    def counted():
        asked.append(1)
        return wait()

    run.wait_for_index = counted
    assert getattr(run, ask)()
    assert len(asked) == (2 if ask == "intermediate_files" else 1)


def test_only_networks_ask_for_a_gpu(experiment):
    run = experiment("execution: {device: cuda}")
    assert (run.gpus("net"), run.gpus("forest"), run.device("forest")) == (1, 0, "cpu")
    assert experiment().gpus("net") == 0


def test_a_reference_is_one_by_its_type(experiment):
    raw = yaml.safe_load(CONFIG)
    raw["learners"]["base"] = raw["learners"].pop("featureless")
    raw["tasks"]["Trees"]["learners"] = ["base"]
    assert Experiment(load_config(raw), SCRIPTS).references == ["base"]
    published = load_config({"scores": {"published": {"file": "a.csv"}}})
    assert Experiment(published, SCRIPTS).references == ["featureless"]


def test_tables_follow_from_the_catalogue(experiment):
    assert "pvalues_downsample" not in experiment().tables
    assert "pvalues_downsample" in experiment("resampling: {sizes: 0}").tables
    published = Experiment(load_config({"scores": {"published": {"file": "a.csv"}}}), SCRIPTS)
    assert "results/tables/scores.csv" in published.table_files
    assert "fits" not in published.tables


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("", True),  # the task Images, of two data sets
        ("resampling: {subsets: OA}", False),
        ("resampling: {ignore_subset: true}", False),
    ],
)
def test_a_transfer_map_needs_own_models_of_several_subsets(experiment, text, there):
    assert ("transfer" in experiment(text).tables) is there
    assert any(figure.name == "transfer" for figure in experiment(text).figures("results")) is there


def test_what_single_figures_show_by_default(experiment):
    run = experiment()
    assert (run.tutorial_dataset, run.tutorial_task, run.histories) == ("Own", "Images", {"history_mlp": "net"})


def test_the_code_of_a_learner_is_its_own_and_what_it_imports(experiment):
    run = experiment()
    assert run.learner_code("fit", "featureless") != run.learner_code("fit", "net")
    assert run.learner_code("fit", "net") == experiment().learner_code("fit", "net")


def test_a_pattern_matches_its_names_alone():
    assert pattern(["a.b", "c"]) == r"a\.b|c"
    assert pattern([]) == "(?!)"


def test_the_pages_of_each_further_measure_belong_to_the_run(experiment):
    def folders(text):
        return {Path(file).name for file in experiment(text).shown_files() if not Path(file).suffix}

    assert folders("") == {"pages", "pages_by_log_loss", "pages_by_mean_absolute_error"}
    assert folders("measures: [accuracy, mean_squared_error]") == {"pages"}
    assert folders("figures: {common: false}") == {"pages"}
