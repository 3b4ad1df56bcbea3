"""What is changed runs again, with what depends on it, and nothing else."""

import os
import re
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from small_runs import write_trees

pytestmark = pytest.mark.workflow

# Jobs of the small config: 18 fits per learner in two packs, two tasks
FITS_OF_A_LEARNER = 2
SHOWN = {"draw_results": 1, "draw_measure": 1, "draw_predictions": 1, "report": 1, "outcome": 1}
SCORED = {"scores": 1, "datasets": 1, "stats": 1, "verdicts": 1, "draw_training": 1, **SHOWN}
CHECKED = {"check_learner": 2}  # of a network; featureless and cv_glmnet need none


@contextmanager
def changed(file, old, new):
    """A file of the project's copy with another text in it, put back with its time afterwards."""
    text, times = file.read_text(), file.stat()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    try:
        yield
    finally:
        file.write_text(text)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_nothing_runs_again_after_a_finished_run(again):
    assert again.planned() == {}


def test_a_touch_of_any_file_runs_nothing(again):
    for name in ("Trees.csv", "trees.csv"):
        if (again.folder / name).exists():
            os.utime(again.folder / name)
    library = again.project / "src/soak"
    times = {file: file.stat() for file in library.rglob("*.py")}
    try:
        for file in times:
            os.utime(file)
        assert again.planned() == {}
    finally:
        for file, was in times.items():
            os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))


def set_in(*keys_and_value):
    """A change of the config: a key path and its new value."""
    *path, last, value = keys_and_value

    def change(config):
        part = config
        for key in path:
            part = part.setdefault(key, {})
        part[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            set_in("learners", "cv_glmnet", "nlambda", 60),
            {"fit": FITS_OF_A_LEARNER, **SCORED},
            id="learner",
        ),
        pytest.param(
            set_in("learners", "linear_mlp", "epochs", 4),
            {"fit": FITS_OF_A_LEARNER, "fit_history": 1, **CHECKED, **SCORED},
            id="torch learner",
        ),
        pytest.param(
            set_in("learners", "few", {"type": "cv_glmnet", "nlambda": 3, "folds": 3}),
            {"fit": FITS_OF_A_LEARNER, **SCORED},
            id="one more learner",
        ),
        pytest.param(
            set_in("measures", ["zero_one_loss"]),
            {rule: count for rule, count in SCORED.items() if rule != "draw_measure"},
            id="measures",
        ),
        pytest.param(
            set_in("figures", "style", {"font_size": 9}),
            {"draw_images": 1, "draw_training": 1, **SHOWN},
            id="figures",
        ),
        pytest.param(
            set_in("verdict", {"alpha": 0.01}),
            {"stats": 1, "verdicts": 1, **SHOWN},
            id="verdict",
        ),
        pytest.param(
            set_in("seed", {"train": 2}), {"fit": 3 * FITS_OF_A_LEARNER, "fit_history": 1, **SCORED}, id="training seed"
        ),
        pytest.param(set_in("execution", "fits_per_job", 5), {"fit": 12, **SCORED}, id="packs"),
    ],
)
def test_a_change_of_the_config(again, change, expected):
    change(again.config)
    assert again.planned() == expected


@pytest.mark.parametrize(
    ("module", "old", "expected"),
    [
        ("glmnet/cross_validation.py", '"""', {"fit": FITS_OF_A_LEARNER, "fit_glmnet_path": 1, **SCORED}),
        ("learners/featureless.py", '"""', {"fit": FITS_OF_A_LEARNER, **SCORED}),
        ("networks/training.py", '"""', {"fit": FITS_OF_A_LEARNER, "fit_history": 1, **CHECKED, **SCORED}),
        ("scores/scoring.py", '"""', SCORED),
        ("figures/errors.py", '"""', {"draw_results": 1, "draw_measure": 1, "report": 1, "outcome": 1}),
        ("commands/status.py", '"""', {}),
    ],
)
def test_a_change_of_the_code(again, module, old, expected):
    with changed(again.project / "src/soak" / module, old, '"""Changed. '):
        assert again.planned() == expected


def test_a_change_of_the_readme_runs_nothing(again):
    with changed(again.project / "README.md", "#", "# Changed"):
        assert again.planned() == {}


def executed(workflow):
    """Jobs that ran, counted: where a checkpoint comes first, a dry run cannot know what follows it."""
    output = workflow.run("--", "tables").stdout
    return Counter(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", output, flags=re.M))


def test_new_bytes_of_a_table(again):
    """All fits of its task run again, and none of the other task."""
    time.sleep(0.01)
    write_trees(again.folder / "trees.csv", seed=2)
    counts = executed(again)
    assert counts["fit"] == 3 * FITS_OF_A_LEARNER / 2
    assert {rule: counts[rule] for rule in ("download", "build_task", "make_splits", "splits")} == {
        "download": 1,
        "build_task": 1,
        "make_splits": 1,
        "splits": 1,
    }


def test_another_seed_of_the_resampling(again):
    again.config["seed"] = {"resampling": 2}
    counts = executed(again)
    assert counts["fit"] == 3 * FITS_OF_A_LEARNER
    assert counts["make_splits"] == 2
    assert not {"download", "decode", "build_task", "fit_history", "fit_torch_loop"} & counts.keys()


def test_one_more_task(again):
    again.config["tasks"]["More"] = {"table": "trees.csv", "target": "y", "subset": "region"}
    counts = executed(again)
    assert counts["fit"] == 3 * FITS_OF_A_LEARNER / 2
    assert (counts["build_task"], counts["make_splits"], counts["check_learner"]) == (1, 1, 1)
    assert (again / "predictions/More").exists()
    del again.config["tasks"]["More"]
    again.run()
    assert not (again / "predictions/More").exists()
    assert (again / "predictions/Trees/featureless.parquet").exists()
