"""Every rule against every module of the library: a changed module runs exactly those rules again whose scripts run it."""

import re
import shutil
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from soak import provenance
from soak.provenance import code_digest, code_files

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/soak"
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
ENTRIES = {  # what a job names of a catalogue; its siblings do not count
    "fit": "soak.learners.cv_glmnet",
    "fit_history": "soak.learners.torch_mlp",
    "check_learner": "soak.learners.estimator",
    "decode": "soak.data.formats.idx",
    "draw_results": "soak.figures.errors",
}


def copy_of_package(folder):
    """The library, to be changed by a test."""
    return shutil.copytree(PACKAGE, folder / "soak", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A function that gives the files that a script runs, as Python's own finder sees them in compiled code.

    In a copy of the library whose top imports nothing: there, the splitter is imported only by who asks for it.
    """
    package = copy_of_package(tmp_path_factory.mktemp("library"))
    (package / "__init__.py").write_text("")

    def find(script, *entries):
        finder = ModuleFinder(path=[str(package.parent)])
        finder.run_script(str(script))
        for entry in entries:
            finder.import_hook(entry)
        files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
        return {file.relative_to(package) for file in files if package in file.parents} - {Path("__init__.py")}

    return find


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_rule_depends_on_what_its_script_runs(script, python):
    entries = [ENTRIES[script.stem]] if script.stem in ENTRIES else []
    code = {file.relative_to(PACKAGE) for file in code_files(script, *entries) if file.suffix == ".py"}
    assert code == python(script, *entries)


def test_every_rule_has_the_digest_of_its_own_script():
    """Found in the rules' text: a rule with a script has a param code that names this script."""
    text = "\n".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))
    rules = re.findall(
        r"^ *(?:rule|checkpoint) (\w+):\n(.*?)^ *script:\n *\"../scripts/(\w+).py\"", text, flags=re.M | re.S
    )
    assert {script for _, _, script in rules} == {script.stem for script in SCRIPTS}
    for rule, body, script in rules:
        assert re.search(rf'code=lambda w: experiment\.\w+\(\s*"{script}"', body), rule


def test_the_digest_changes_with_each_of_its_files_and_with_no_other(tmp_path, monkeypatch):
    copy_of_package(tmp_path)
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "soak")
    provenance._imported.cache_clear()
    provenance._data_files.cache_clear()
    script = ROOT / "scripts/make_splits.py"
    before, files = code_digest(script), set(code_files(script))
    assert files
    for file in sorted((tmp_path / "soak").rglob("*.py")):
        text = file.read_bytes()
        file.write_bytes(text + b"# changed\n")
        assert (code_digest(script) != before) == (file in files), file
        file.write_bytes(text)
    provenance._imported.cache_clear()
    provenance._data_files.cache_clear()
