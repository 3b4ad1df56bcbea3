"""What a learner draws from and changes: seeded before it runs, undone afterwards."""

import locale
import os
import random
import re
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import sklearn
from misbehaving_job import SETS, misbehaving_job

from soak.files import umask
from soak.fitting.record import read_pack
from soak.fitting.run import run_pack
from soak.fitting.state import own_state
from soak.learners.estimator import Estimator
from soak.learners.featureless import Featureless
from soak.learners.torch_mlp import TorchMlp
from soak.tasks.task import Task


def predictions(folder):
    return {record.train_set: record.tables["predictions"].to_pydict() for record in read_pack(folder)}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("misbehaving", None)


@pytest.mark.parametrize("name", ["Numpy", "Python", "Torch"])
def test_a_fit_is_the_same_whatever_generator_it_draws_from_and_whichever_fits_share_its_pack(here, name):
    job = misbehaving_job(here, name)
    run_pack(job, SETS, here / "all")
    random.seed(5)
    np.random.seed(6)
    np.random.normal(size=7)
    run_pack(job, SETS[::-1], here / "reversed")
    run_pack(job, SETS[2:3], here / "alone")
    together = predictions(here / "all")
    assert together == predictions(here / "reversed")
    assert together[SETS[2][0]] == predictions(here / "alone")[SETS[2][0]]
    sets = [name for name, _ in SETS]
    assert together[sets[0]]["response"] != together[sets[3]]["response"]  # another fit draws other numbers


FOREST = {"type": "estimator", "class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 3}}


@pytest.mark.parametrize(
    "settings",
    [
        Estimator(**FOREST),
        Estimator(**{"type": "estimator", "class": "misbehaving.Numpy"}),
        Estimator(**{"type": "estimator", "class": "misbehaving.Settings"}),
        TorchMlp(type="torch_mlp", epochs=3, neurons=[3], dropout=0.5),
        Featureless(type="featureless"),
    ],
    ids=["forest", "Numpy", "Settings", "mlp", "featureless"],
)
def test_fits_shuffled_over_packs_have_the_same_bytes(here, settings):
    job = replace(misbehaving_job(here), settings=settings)
    draw = random.Random(1)

    def run(name, sizes):
        sets = draw.sample(SETS, len(SETS))
        found = {}
        for number, size in enumerate(sizes):
            pack, sets = sets[:size], sets[size:]
            run_pack(job, pack, here / f"{name}{number}/1")  # the fits that are kept are those of this pack only
            for record in read_pack(here / f"{name}{number}/1"):
                assert record.status == "ok", record.reason
                found[record.train_set] = {key: table_bytes(table) for key, table in record.tables.items()}
        return found

    together = run("together", [5])
    assert set(together) == {name for name, _ in SETS}
    for name, sizes in {"again": [5], "two": [2, 3], "three": [1, 3, 1], "alone": [1] * 5}.items():
        assert run(name, sizes) == together


def table_bytes(table):
    """The bits of all fractions, and other values as they are, since a dictionary may be that of a whole pack."""
    columns = {name: table[name] for name in table.column_names}
    return {
        name: column.to_numpy().tobytes() if pa.types.is_floating(column.type) else repr(column.to_pylist())
        for name, column in columns.items()
    }


def test_a_learner_cannot_write_to_the_matrix_of_its_task(here):
    job = misbehaving_job(here, "Overwrites")
    job.task.write(here / "T.arrow")
    stored = (here / "T.arrow").read_bytes()
    for task in (job.task, Task.open(here / "T.arrow")):
        before = task.features.copy()
        run_pack(replace(job, task=task), SETS[:2], here / str(task is job.task) / "1")
        np.testing.assert_array_equal(task.features, before)
        with pytest.raises(ValueError, match="read-only"):
            Task.open(here / "T.arrow").features[0, 0] = 7
    assert (here / "T.arrow").read_bytes() == stored


def test_torch_is_seeded_also_where_the_learner_imports_it():
    code = (
        "import sys; from soak.fitting.state import own_state\n"
        "for _ in range(2):\n"
        "    with own_state(7):\n"
        "        import torch\n"
        "        print(torch.rand(1).item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()
    assert first == second


def test_generators_of_the_caller_go_on():
    random.seed(1)
    np.random.seed(1)
    expected = [random.random(), np.random.random()]
    random.seed(1)
    np.random.seed(1)
    with own_state(99):
        np.random.random(3)
        random.random()
    assert [random.random(), np.random.random()] == expected


def test_the_state_of_the_process_is_as_it_was(here, monkeypatch):
    monkeypatch.setenv("KEPT", "1")

    def state():
        return (
            os.getcwd(),
            umask(),
            dict(os.environ),
            sys.getrecursionlimit(),
            np.geterr(),
            list(warnings.filters),
            sklearn.get_config(),
            signal.getsignal(signal.SIGTERM),
            signal.getitimer(signal.ITIMER_REAL),
            locale.setlocale(locale.LC_ALL),
        )

    before = state()
    with own_state(1):
        os.chdir("/")
        os.umask(0o777)
        del os.environ["KEPT"]
        os.environ["NEW"] = "1"
        sys.setrecursionlimit(60_000)
        np.seterr(all="raise")
        warnings.simplefilter("error")
        sklearn.set_config(transform_output="pandas", assume_finite=True)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(60)
        locale.setlocale(locale.LC_ALL, "C")
    assert state() == before


def test_settings_of_torch_are_as_they_were():
    torch = pytest.importorskip("torch")
    with own_state(1):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
    assert torch.ones(1).dtype == torch.float32
    assert torch.ones(1, requires_grad=True).requires_grad
    assert torch.ones(1).device.type == "cpu"
    assert torch.is_grad_enabled()


def test_output_that_a_learner_has_closed_or_turned_away_comes_again(tmp_path):
    code = (
        "import os, sys; from soak.fitting.state import own_state\n"
        "with own_state(1):\n    sys.stdout.close(); os.close(2)\n"
        "print('after'); print('also', file=sys.stderr)\n"
        "with own_state(1):\n    sys.stdout = open('elsewhere', 'w'); print('lost'); os.dup2(sys.stdout.fileno(), 2)\n"
        "print('and now', flush=True); os.write(2, b'low')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "after\nand now\n"
    assert done.stderr == "also\nlow"


def test_a_thread_leaves_the_process_to_the_others():
    seen = []

    def fit():
        with own_state(1):
            os.environ["FROM_A_THREAD"] = "1"
        seen.append(os.environ.pop("FROM_A_THREAD", None))

    thread = threading.Thread(target=fit)
    thread.start()
    thread.join()
    assert seen == ["1"]


@pytest.mark.parametrize("name", ["HalfProbability", "WholeProbability", "RoundedProbability"])
def test_probabilities_that_are_unusual_are_floats_from_0_to_1(here, name):
    run_pack(misbehaving_job(here, name), SETS[:2], here / "1")
    for record in read_pack(here / "1"):
        assert (record.status, record.reason) == ("ok", "")
        table = record.tables["predictions"]
        found = np.column_stack([table["prob.no"], table["prob.yes"]])
        assert found.dtype == (np.float32 if name == "HalfProbability" else np.float64)
        assert found.min() >= 0
        assert found.max() <= 1


@pytest.mark.parametrize("name", ["Moves", "RemovesFolder", "Settings", "Patches"])
def test_the_fit_of_a_learner_that_changes_the_process_counts(here, name, monkeypatch):
    monkeypatch.setattr(np, "isfinite", np.isfinite)
    run_pack(misbehaving_job(here), SETS, here / "well")
    run_pack(misbehaving_job(here, name), SETS, here / "bad")
    assert predictions(here / "well") == predictions(here / "bad")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("TooFew", r"expected \d+ predictions, one for each row, got an array of shape"),
        ("OtherClass", "expected class codes from 0 to 1, as it was trained on, as predictions, got 7"),
        ("Negative", "as predictions, got -1"),
        ("Fraction", "as predictions, got 0.9"),
        ("Text", "as predictions, got 'yes'"),
        ("Objects", "as predictions, got None"),
        ("NegativeProbability", "expected probabilities from 0 to 1, got -5"),
        ("LargeProbability", "expected probabilities from 0 to 1, got 3"),
        ("OneProbability", r"expected probabilities of shape \(\d+, 2\), rows and classes, got \(\d+, 1\)"),
        ("NoSum", "expected probabilities that add up to 1, got a sum of 0.8"),
        ("MissingProbability", r"^\d+ probabilities are not finite"),
        ("ComplexProbability", "^expected probabilities that are numbers, got complex128$"),
        ("TextProbability", "^expected probabilities that are numbers, got <U"),
        ("OtherException", r"^Ctrl\\x1b\[31m C: stop$"),
        ("Exits", "^SystemExit: bye$"),
        ("Colored", r"RuntimeError: soak: fake \\x1b\[31mred\\x1b\[0m second line <script>"),
        ("Unprintable", "^Silent: its error cannot be shown as text$"),
        ("Long", r"^RuntimeError: y{900,} …$"),
        ("Surrogate", r"RuntimeError: bad \\udcff text"),
        ("Recursion", "^RecursionError: "),
        ("TooLarge", "MemoryError: Unable to allocate"),
    ],
)
def test_what_is_no_prediction_is_a_failed_fit_with_the_reason(here, name, reason):
    run_pack(misbehaving_job(here, name), SETS[:2], here / "1")
    for record in read_pack(here / "1"):
        assert record.status == "failed"
        assert "predictions" not in record.tables
        assert re.search(reason, record.reason), record.reason
        assert len(record.reason) <= 1000
        assert record.seconds > 0
