"""The solver of several classes: bit for bit glmstar's path, for bytes and for numbers, whatever is asked for."""

import os
import subprocess
import sys

import numpy as np
import pytest
from glmnet_cases import make_task

from soak.errors import FitFailed
from soak.glmnet import columns, cross_validation
from soak.glmnet.columns import Stored
from soak.glmnet.multinomial import fit_rows
from soak.glmnet.path import PathSettings
from soak.glmnet.solver import fit_path
from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import TaskRows


def random_table(seed):
    """A table with its classes, weights and settings: correlated or binary or bytes, with twins, constants, rare classes."""
    draw = np.random.default_rng(seed)
    n, p = int(draw.integers(12, 140)), int(draw.choice([1, 2, 5, 20, 60, 150]))
    n_classes = int(draw.integers(3, 7))
    kind = draw.choice(["numbers", "binary", "bytes", "correlated"])
    x = draw.normal(size=(n, p))
    if kind == "binary":
        x = (x > 0.5) * 1.0
    elif kind == "bytes":
        x = np.clip(np.round(60 * x), 0, 255)
    elif kind == "correlated":
        x = x @ draw.normal(size=(p, p)) * draw.uniform(0.01, 100, p) + draw.normal(size=p) * draw.choice([0, 10])
    if p > 4 and draw.random() < 0.4:
        x[:, 1], x[:, 2], x[:, 3] = x[:, 0], 3.0, -x[:, 0]
    signal = x[:, :3].sum(axis=1)
    signal = signal / (signal.std() + 1e-9) + draw.choice([0.0, 0.3, 1, 3]) * draw.normal(size=n)
    code = np.digitize(signal, np.quantile(signal, np.sort(draw.random(n_classes - 1)) * 0.9 + 0.05))
    two_each = np.repeat(np.arange(n_classes), 2)
    code[: 2 * n_classes] = two_each[:n]
    weights = draw.uniform(0.2, 3, n) if draw.random() < 0.3 else None
    settings = PathSettings(
        alpha=float(draw.choice([1, 1, 1, 0, 0.05, 0.5, 0.9])),
        nlambda=int(draw.choice([100, 100, 50, 5, 2])),
        thresh=float(draw.choice([1e-7, 1e-7, 1e-3, 1e-9])),
        maxit=int(draw.choice([3000, 3000, 3000, 5, 50, 300])),
        standardize=bool(draw.random() < 0.7),
        type_logistic=draw.choice(["Newton", "Newton", "modified.Newton"]),
        lambdas=tuple(draw.choice([0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.001], 4, False)) if draw.random() < 0.15 else (),
        lambda_min_ratio=float(draw.choice([0.3, 0.001, 1e-9])) if draw.random() < 0.15 else None,
    )
    return x, np.eye(n_classes)[code], weights, settings


def outcome(fit):
    """A path, or why there is none."""
    try:
        return fit()
    except FitFailed as refused:
        return str(refused)


def assert_same_path(x, stored, rows, response, weights, settings):
    expected, found = (
        outcome(lambda: fit_path(settings, "multinomial", np.array(x, order="F"), response, weights)),
        outcome(lambda: fit_rows(settings, stored, rows, response, weights)),
    )
    if isinstance(expected, str):
        assert found == expected
        return
    assert found.problem == expected.problem
    for name in ("lambdas", "used", "coefficients", "intercepts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(40))
def test_every_bit_is_glmstars(seed):
    x, response, weights, settings = random_table(seed)
    if response.sum(axis=0).min() < 2:
        x, response, weights = np.tile(x, (2, 1)), np.tile(response, (2, 1)), None
    assert_same_path(x, Stored.of_numbers(x), np.arange(len(x)), response, weights, settings)


@pytest.mark.parametrize("many", [0, np.inf], ids=["looked up", "read"])
@pytest.mark.parametrize(
    ("n", "scale"), [(37, 1.0), (38, 255.0), (39, 16.0), (40, 1.0), (45, 1.0), (160, 255.0), (1500, 1.0)]
)
def test_every_bit_is_glmstars_for_some_rows_of_a_table_of_bytes(n, scale, many, monkeypatch):
    monkeypatch.setattr(columns, "_MANY", many)
    draw = np.random.default_rng(n)
    table = draw.integers(0, 256, (2 * n, 40)).astype(np.uint8) * (draw.random((2 * n, 40)) < 0.3).astype(np.uint8)
    table[:, 5], table[:, 6] = table[:, 4], 9
    table[:, 7:10], table[::23, 7:9] = 0, 200  # twins with few values
    rows = np.sort(draw.permutation(2 * n)[:n])
    signal = table[rows, :4].sum(axis=1) + 60 * draw.normal(size=n)
    response = np.eye(5)[np.digitize(signal, np.quantile(signal, [0.2, 0.4, 0.6, 0.8]))]
    for settings in (
        PathSettings(),
        PathSettings(standardize=False, alpha=0.5),
        PathSettings(type_logistic="modified.Newton"),
    ):
        assert_same_path(table[rows] / scale, Stored.of_bytes(table, scale), rows, response, None, settings)


@pytest.mark.parametrize("settings", [{}, {"type_measure": "class"}, {"maxit": 200}], ids=str)
def test_a_cross_validation_is_the_same_with_both_solvers(settings, monkeypatch):
    task = make_task(n=120, n_classes=4, n_features=12)
    data = TrainData(TaskRows(task, np.arange(120)), 1, 0)
    fits = []
    for large in (0, np.inf):
        monkeypatch.setattr(cross_validation, "_LARGE", large)
        fits.append(CvGlmnet(type="cv_glmnet", **settings).fit("g", data))
    assert fits[0].info == fits[1].info
    for name in fits[0].tables:
        assert fits[0].tables[name].equals(fits[1].tables[name])


def test_what_r_refuses_fails():
    response = np.eye(3)[np.arange(30) % 3]
    with pytest.raises(FitFailed, match="all features are constant"):
        fit_rows(PathSettings(), Stored.of_numbers(np.ones((30, 2))), np.arange(30), response, None)
    with pytest.raises(FitFailed, match="missing or infinite"):
        Stored.of_numbers(np.full((30, 2), np.inf))


def test_one_process_compiles_and_those_that_start_beside_it_read_its_code(tmp_path):
    """They would all compile the same, a quarter of a minute each, at the beginning of a first run."""
    code = """
import time
from soak.glmnet import multinomial
multinomial._fit_small_tables = lambda: (time.sleep(1), print("compiled", flush=True))
multinomial.compile_once()
"""
    command, environment = [sys.executable, "-c", code], os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(map(len, said)) == [0, 2]
    assert "compiled" in said[0] + said[1]


def test_what_is_compiled_at_first_is_all_that_a_fit_calls(tmp_path):
    """Else a fit of a second would wait for a compiler after all."""
    code = """
import numpy as np
from soak.glmnet import columns, descent, loops, multinomial, screening
from soak.glmnet.path import PathSettings

multinomial.compile_once()
modules = (columns, descent, loops, screening)

def signatures():
    functions = [f for module in modules for f in vars(module).values() if hasattr(f, "signatures")]
    return {f.py_func.__name__: len(f.signatures) for f in functions}

known = signatures()
assert known["solve"] == 1, known
rng = np.random.default_rng(1)
x, y, w = rng.integers(0, 9, (80, 5)), np.eye(4)[np.arange(80) % 4], np.ones(80)
for settings in (PathSettings(), PathSettings(alpha=0.0), PathSettings(type_logistic="modified.Newton")):
    for stored in (columns.Stored.of_bytes(x.astype(np.uint8), 9.0), columns.Stored.of_numbers(x * 1.5)):
        multinomial.fit_rows(settings, stored, np.arange(80), y, w)
        path = multinomial.Path(settings, stored, np.arange(80), y, None)
        path.advance()
        path.probe(1e-3, 100.0, 50)
assert signatures() == known, (signatures(), known)
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)
