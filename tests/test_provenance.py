"""Which code decides whether a rule runs again."""

from pathlib import Path

import pytest

from soak.provenance import code_digest, code_files, digest, user_files

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(tmp_path):
    """A function that writes a script and gives its path."""

    def write(text):
        (tmp_path / "rule.py").write_text(text)
        return tmp_path / "rule.py"

    return write


def names(*given):
    return {file.stem for file in code_files(*given)}


def test_imports_are_followed(script):
    assert names(script("from soak.matrix import read_matrix\n")) >= {"matrix", "errors", "files"}


def test_imports_inside_functions_count(script):
    assert "matrix" in names(script("def f():\n    import soak.matrix\n"))


@pytest.mark.parametrize(
    "inside",
    [
        "if a:\n    pass\nelse:\n    {}",
        "try:\n    {}\nexcept* E:\n    pass",
        "try:\n    pass\nexcept E:\n    {}\nelse:\n    pass",
        "try:\n    pass\nfinally:\n    {}",
        "match a:\n    case 1:\n        {}",
        "for a in b:\n    while a:\n        with c:\n            {}",
        "class A:\n    async def f(self):\n        {}",
        "f = lambda: 1 if a else 2; {}",
    ],
)
def test_imports_count_wherever_they_stand(script, inside):
    assert "matrix" in names(script(inside.format("import soak.matrix") + "\n"))


def test_a_module_imported_as_a_name_of_its_package_counts(script):
    assert "folds" in names(script("from soak.resampling import folds\n"))


def test_an_entry_of_a_catalogue_counts_only_for_who_names_it(script):
    fit = script("from soak.learners.catalog import learner\n")
    assert not {"cv_glmnet", "torch_mlp", "estimator"} & names(fit)
    assert "cv_glmnet" in names(fit, "soak.learners.cv_glmnet")
    assert "torch_mlp" not in names(fit, "soak.learners.cv_glmnet")


def test_data_beside_modules_count(script):
    assert "template.html" in {file.stem for file in code_files(script("import soak.report.write\n"))}


def test_the_config_is_read_by_no_script():
    """What a job knows of the config is in its params."""
    for file in SCRIPTS.glob("*.py"):
        folders = {path.parent.name for path in code_files(file)}
        assert "config" not in folders, file
        assert "experiment" not in names(file), file


def test_the_digest_changes_with_the_script_and_with_the_users_code(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("import helper\n")
    Path("helper.py").write_text("x = 1\n")
    rule = script("import soak.matrix\n")
    before = code_digest(rule, user=["mine.Class"])
    assert user_files("mine.Class", "sklearn.svm.SVC") == [Path("helper.py"), Path("mine.py")]
    Path("helper.py").write_text("x = 2\n")
    changed = code_digest(rule, user=["mine.Class"])
    assert changed != before
    assert code_digest(script("import soak.files\n"), user=["mine.Class"]) != changed


def test_digest_depends_on_every_byte(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    both = digest([tmp_path / "a", tmp_path / "b"])
    assert both == digest([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "b").write_bytes(b"3")
    assert digest([tmp_path / "a", tmp_path / "b"]) != both
