"""What a run will take, from small fits: how they are scaled up, and the whole command on a small table."""

import random
import subprocess
import sys

import pytest
import yaml

from soak.commands.estimate import SmallFit, doubt, exponent, highest_power, main, peak_at, seconds_at
from soak.fitting.plan import TaskIndex
from soak.learners.catalog import learner


def fits(power, per_row=0.0, predict_power=0.0):
    """Fits on 500 and 1,000 rows whose time grows with a power of the rows, and 100 MB for 1,000 rows beside 200."""
    return [SmallFit(n, 1e-4 * n**power, per_row * (n / 1000) ** predict_power, 200 + n / 10) for n in (500, 1000)]


@pytest.mark.parametrize("power", [1, 1.5, 2])
def test_training_grows_with_a_power_of_the_rows(power):
    assert seconds_at(fits(power), 50_000, 0) == pytest.approx(1e-4 * 50_000**power)


def test_training_grows_with_no_more_than_the_square_of_the_rows():
    assert seconds_at(fits(3), 10_000, 0) == pytest.approx(100 * 1e-4 * 1000**3)


def test_seconds_that_grow_less_than_the_rows_have_a_fixed_part():
    boosting = [SmallFit(2000, 30.0, 0, 0), SmallFit(8000, 81.0, 0, 0)]  # 13 s and 8.5 ms a row
    assert seconds_at(boosting, 54_000, 0) == pytest.approx(13 + 0.0085 * 54_000)
    assert seconds_at(boosting, 1000, 0) == pytest.approx(13 + 0.0085 * 1000)
    noise = [SmallFit(2000, 31.0, 0, 0), SmallFit(8000, 30.0, 0, 0)]
    assert seconds_at(noise, 54_000, 0) == 30.0


def test_a_fit_too_short_to_tell_is_thought_to_grow_with_its_rows():
    assert seconds_at([SmallFit(500, 0.04, 0, 0), SmallFit(1000, 0.045, 0, 0)], 10_000, 0) == pytest.approx(0.45)


def test_predicting_a_row_costs_the_same_or_grows_with_the_train_rows():
    line, neighbours = fits(1, 1e-3), fits(1, 1e-3, 1)
    assert seconds_at(line, 50_000, 200) - seconds_at(line, 50_000, 0) == pytest.approx(200 * 1e-3)
    assert seconds_at(neighbours, 50_000, 200) - seconds_at(neighbours, 50_000, 0) == pytest.approx(200 * 50 * 1e-3)


def test_times_that_are_too_short_to_tell_say_nothing_of_the_power():
    assert exponent(0.001, 0.02, 2, 1, 2) == 1
    assert exponent(1.0, 1.0, 1, 1, 2) == 1  # a train set of which there is one size only


def test_memory_is_a_straight_line():
    assert peak_at(fits(1), 50_000) == pytest.approx(200 + 5000)
    assert peak_at([SmallFit(500, 1, 0, 300), SmallFit(1000, 1, 0, 290)], 50_000) == 290  # noise


@pytest.mark.workflow
def test_a_config_is_estimated_without_its_fits(tmp_path):
    draw = random.Random(1)
    rows = [f"{'ab'[row % 2]},{draw.random():.3f},{'xy'[row % 3 == 0]}" for row in range(200)]
    (tmp_path / "t.csv").write_text("\n".join(["region,u,y", *rows]) + "\n")
    config = {
        "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "region"}},
        "learners": {
            "featureless": {"type": "featureless"},
            "tree": {"type": "estimator", "class": "sklearn.tree.DecisionTreeClassifier"},
        },
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "soak.commands.estimate", str(tmp_path), "", "1", "40"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = {line.split()[1]: line.split() for line in text.splitlines() if line.startswith("T ")}
    assert lines["featureless"][2] == lines["tree"][2] == "9"  # 3 folds of same, same and all
    assert "18 fits" in text
    assert "with 100" in text
    assert not (tmp_path / "results/fits").exists()


def test_own_learners_grow_as_their_costs_say():
    digits = TaskIndex("T", "classification", 140_000, 784, 10, ())
    glmnet, linear = learner({"type": "cv_glmnet"}), learner({"type": "torch_mlp"})
    other = learner({"type": "estimator", "class": "sklearn.svm.SVC"})
    assert highest_power(glmnet, digits, 392, 784) == pytest.approx(1, abs=0.01)
    assert highest_power(glmnet, digits, 2000, 4000) == pytest.approx(2)
    assert 1.15 < highest_power(glmnet, digits, 4000, 126_000) < 1.25
    assert highest_power(linear, digits, 4000, 126_000) == pytest.approx(1)
    assert highest_power(other, digits, 4000, 126_000) == 2
    assert seconds_at(fits(2), 50_000, 0, 1.2) == pytest.approx(fits(2)[-1].seconds * 50**1.2)


def test_few_rows_say_little_of_the_memory_of_networks():
    mlp, other = learner({"type": "torch_mlp"}), learner({"type": "featureless"})
    assert doubt(1000, [other, mlp]) == " (too high for networks; ROWS=8000 is closer)"
    assert doubt(8000, [other, mlp]) == doubt(1000, [other]) == ""


def test_a_wrong_number_of_rows_is_one_line():
    with pytest.raises(SystemExit, match=r"^soak: ROWS: expected a number of train rows of at least 20, got 'many'$"):
        main(".", "", "1", "many")
