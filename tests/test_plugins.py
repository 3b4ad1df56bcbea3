"""Objects by their import path: the folders that are searched, and the messages for what cannot be imported."""

import os
import subprocess
import sys

import pytest

from soak.errors import SoakError
from soak.plugins import check_arguments, find, find_class, find_function, search_last


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run's folder as the working directory; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def error_of(function, *arguments):
    with pytest.raises(SoakError) as caught:
        function(*arguments)
    (message,) = caught.value.args
    assert "\n" not in message
    return message


def test_the_runs_folder_is_searched_last_and_stays(folder):
    (folder / "my_module.py").write_text("value = 3\n")
    sys.path.insert(0, str(folder))
    assert find("my_module.value", "measure") == 3
    assert sys.path.count(str(folder)) == 1
    assert sys.path[-1] == str(folder)


def test_only_one_folder_is_searched(folder, monkeypatch):
    (folder / "elsewhere").mkdir()
    search_last()
    monkeypatch.chdir(folder / "elsewhere")
    search_last()
    assert sys.path[-1] == str(folder / "elsewhere")
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    ("file", "path", "message"),
    [
        ("random.py", "random.x", "rename random.py: Python's standard library has a module of that name"),
        ("numpy.py", "numpy.x", "rename numpy.py: an installed module has that name ("),
        ("sklearn/__init__.py", "sklearn.x", "rename sklearn/: an installed module has that name ("),
        ("soak.py", "soak.x", "rename soak.py: an installed module has that name ("),
    ],
)
def test_a_module_with_the_name_of_another_is_refused(folder, file, path, message):
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("x = 1\n")
    assert error_of(find, path, "measure").startswith(f"measure: '{path}': {message}")


def test_a_folder_without_modules_hides_nothing(folder):
    (folder / "sklearn").mkdir()
    assert find_class("sklearn.svm.SVC").__name__ == "SVC"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(:\n", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("raise ValueError('two\\nlines')\n", "ValueError: two lines"),
        ("import sys\nsys.exit('bye')\n", "SystemExit: bye"),
        ("from math import no_such\n", "ImportError: cannot import name 'no_such' from 'math'"),
    ],
)
def test_a_module_that_cannot_be_imported(folder, text, why):
    (folder / "broken.py").write_text(text)
    assert error_of(find, "broken.f", "figure").startswith(f"figure: 'broken.f': broken cannot be imported: {why}")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("name", "class: 'name' is not an import path; expected module.Class"),
        ("mine.Fores", "class: 'mine.Fores': mine has no class 'Fores'; did you mean 'Forest'?"),
        ("mine.value", "class: expected 'mine.value' to be a class, got 3"),
        (
            "needy.Forest",
            "class: 'needy.Forest': the package 'no_such_package', which needy imports, is not installed, and there is "
            "no no_such_package.py in the run's directory; install it with: pip install no_such_package",
        ),
        ("mine.sub.Forest", "class: 'mine.sub.Forest': mine has no module 'sub'; allowed: none"),
        ("sklearn.smv.SVC", "class: 'sklearn.smv.SVC': sklearn has no module 'smv'; did you mean 'svm'?"),
        (
            "sklearn.svm.RandomForestClassifier",
            "class: 'sklearn.svm.RandomForestClassifier': sklearn.svm has no class 'RandomForestClassifier'; "
            "did you mean 'sklearn.ensemble.RandomForestClassifier'?",
        ),
    ],
)
def test_a_missing_module_or_name(folder, path, message):
    (folder / "mine.py").write_text("class Forest: ...\n\nvalue = 3\n")
    (folder / "needy.py").write_text("import no_such_package\n")
    assert error_of(find_class, path) == message


def test_a_class_must_derive_from_its_base_and_a_function_be_callable(folder):
    (folder / "mine.py").write_text("class Forest: ...\n\nvalue = 3\n")
    expected = "class: expected 'mine.Forest' to be a class that derives from builtins.OSError, got "
    assert error_of(find_class, "mine.Forest", OSError).startswith(expected)
    assert error_of(find_function, "mine.value", "reader") == "reader: expected 'mine.value' to be a function, got 3"


def test_arguments():
    class Plain:
        def __init__(self, width, *, depth=1): ...

    class Open:
        def __init__(self, **more): ...

    check_arguments(Plain, ["width", "depth"])
    check_arguments(Open, ["anything"])
    assert error_of(check_arguments, Plain, ["widht"]) == "Plain has no parameter 'widht'; did you mean 'width'?"


def test_the_folder_of_a_rules_script_is_not_searched(tmp_path):
    """As Snakemake 9 runs it: a copy in .snakemake/scripts, the script's folder and a cached copy of it on sys.path."""
    for name in ("run/.snakemake/scripts", "flow/scripts", "bin"):
        (tmp_path / name).mkdir(parents=True)
    cached = tmp_path / "cache/file" / str(tmp_path / "flow/scripts").lstrip("/")
    cached.mkdir(parents=True)
    for there in (tmp_path / "run/.snakemake/scripts", tmp_path / "flow/scripts", cached):
        (there / "scores.py").write_text("mine = False\n")
    (tmp_path / "run/scores.py").write_text("mine = True\n")
    copy = tmp_path / "run/.snakemake/scripts/tmp123.scores.py"
    copy.write_text(
        "import sys, types\n"
        f"sys.path.extend([{str(tmp_path / 'flow/scripts')!r}, {str(cached)!r}])\n"
        f"snakemake = types.SimpleNamespace(scriptdir={str(tmp_path / 'flow/scripts')!r})\n"
        "from soak.plugins import find\n"
        "print(find('scores.mine', 'measure'))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if "src" in path)}
    ran = subprocess.run(
        [sys.executable, copy], cwd=tmp_path / "run", env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("True\n", "")
