"""The trial before a long run: what is made smaller, and how its times are scaled up again."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from soak.commands.smoke import absolute_paths, hide_secrets, main, project, smaller_config, write_config
from soak.config.workflow import Config
from soak.fitting.plan import TaskIndex, TrainSet

ROOT = Path(__file__).parents[2]
RAW = {
    "tasks": {"T": {"table": "../t.csv", "target": "y", "subset": "s"}},
    "learners": {
        "featureless": {"type": "featureless"},
        "cv_glmnet": {"type": "cv_glmnet", "folds": 10},
        "mlp": {"type": "torch_mlp", "epochs": 300, "patience": 20},
        "near": {
            "type": "estimator",
            "class": "sklearn.neighbors.KNeighborsClassifier",
            "tune": {"n_neighbors": [1, 5, 10, 20], "weights": ["uniform", "distance"]},
        },
    },
    "resampling": {"folds": 10},
}
CONFIG = Config.model_validate(RAW)


def test_only_work_is_made_less():
    less = Config.model_validate(smaller_config(RAW, CONFIG))
    assert less.tasks == CONFIG.tasks
    assert less.resampling == CONFIG.resampling
    assert (less.learners["mlp"].epochs, less.learners["cv_glmnet"].folds) == (3, 3)
    assert less.learners["near"].tune == {"n_neighbors": [1, 20], "weights": ["uniform", "distance"]}


@pytest.mark.parametrize(("learner", "times"), [("featureless", 1), ("mlp", 100), ("near", 2), ("cv_glmnet", 11 / 4)])
def test_times_are_scaled_by_what_was_left_out(learner, times):
    assert CONFIG.learners[learner].work_ratio() == times


def test_times_are_scaled_to_all_train_sets():
    """Three of thirty fits, of which the first also pays for the process's start; and what they predict to all that is predicted."""
    sets = tuple(TrainSet(str(number), 100, "d") for number in range(30))
    whole = {"T": TaskIndex("T", "classification", 300, 2, 2, sets)}
    fits = (("0", 9.0, 400, 0.5), ("1", 1.0, 410, 0.5), ("2", 1.0, 405, 1.0))
    rows = [("T", name, "mlp", 100, seconds, peak, predicting) for name, seconds, peak, predicting in fits]
    columns = ["task_id", "train_set", "learner", "n_train", "seconds", "peak_mb", "predict_seconds"]
    predicted = {"T": {one.name: 50 if one.name in ("0", "1", "2") else 10 for one in sets}}
    (mlp,) = [
        one for one in project(CONFIG, whole, pd.DataFrame(rows, columns=columns), predicted) if one.learner == "mlp"
    ]
    assert (mlp.fits, mlp.measured, mlp.peak_mb) == (30, 3, 410)
    assert mlp.seconds == pytest.approx(30 * 1.0 * 100 + 2.0 / 150 * (150 + 270))


def test_paths_that_lead_upwards_are_found_from_the_folder_of_the_trial(tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("")
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    found = absolute_paths(RAW)["tasks"]["T"]
    assert found == {"table": str(tmp_path / "t.csv"), "target": "y", "subset": "s"}


def test_the_config_of_a_trial_shows_no_secret_when_it_has_ended(tmp_path):
    config = {"tasks": {"T": {"table": "https://me:secret@example.org/a.csv?token=hidden", "target": "y"}}}
    write_config(tmp_path, config)
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == config
    assert (tmp_path / "config.yaml").stat().st_mode & 0o077 == 0
    hide_secrets(tmp_path)
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["tasks"]["T"]["table"] == (
        "https://example.org/a.csv?token=…"
    )


@pytest.mark.workflow
def test_a_trial(tmp_path, capfd, monkeypatch):
    """One fold of three; the files of the run itself stay away."""
    rows = [f"{'NS'[k % 2]},{k % 5},{'ab'[k % 3 % 2]}" for k in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["s,x,y", *rows]) + "\n")
    config = {
        "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "s"}},
        "learners": {"near": RAW["learners"]["near"]},
        "figures": {"formats": ["png"]},
    }
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.chdir(tmp_path)
    main(str(tmp_path), str(tmp_path / "my.yaml"), "2")
    assert "3 fits were made, 0 of them failed. The whole run has 9:" in capfd.readouterr().out
    assert (tmp_path / "results/smoke/results/report.html").exists()
    assert not (tmp_path / "results/tables").exists()


def test_a_trial_of_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text("scores: {published: {file: scores.csv}}\n")
    with pytest.raises(SystemExit, match=r"^soak: this config has no tasks: nothing will be fitted$"):
        main(str(tmp_path), str(tmp_path / "my.yaml"))


def test_a_file_called_results_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text("tasks: {T: {table: my.csv, target: y}}\nlearners: {f: {type: featureless}}\n")
    (tmp_path / "results").touch()
    with pytest.raises(SystemExit, match=r"^soak: .*/results: expected a folder, got a file$"):
        main(str(tmp_path), str(tmp_path / "my.yaml"))
