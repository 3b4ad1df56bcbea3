"""Which library files a step runs."""

from pathlib import Path

from soak.provenance import code_of, digest


def names(*modules):
    return {Path(file).stem for file in code_of(*modules)}


def test_imports_are_followed():
    assert names("soak.matrix") == {"matrix", "errors", "files"}


def test_a_step_does_not_depend_on_later_steps():
    assert not {"run", "scoring", "cv_glmnet", "training"} & names("soak.tasks.task")


def test_a_module_that_does_not_import_the_learners_does_not_depend_on_them():
    assert "cv_glmnet" not in names("soak.scores.summaries")


def test_digest_depends_on_every_byte(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    both = digest([tmp_path / "a", tmp_path / "b"])
    assert both == digest([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "b").write_bytes(b"3")
    assert digest([tmp_path / "a", tmp_path / "b"]) != both
