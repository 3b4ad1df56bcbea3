"""Mutation testing of the resampling and the statistics: small changes of the code that no test sees.

    python tests/mutation.py [--sample 150] [--folder FOLDER]

mutmut makes the changes (a + for a -, a < for a <=, another constant) and runs the tests that reach each; a sample is
drawn with a fixed seed, and who survives is listed in docs/mutation.md. The code is copied to a folder where the package
stands at the root, as mutmut wants it.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = """
[tool.mutmut]
source_paths = ["soak"]
only_mutate = ["soak/resampling/*.py", "soak/scores/*.py"]
use_setproctitle = false
pytest_add_cli_args_test_selection = ["tests/resampling", "tests/scores"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--deselect", "tests/resampling/test_scikit_learn.py::test_imports_are_cheap"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""
# Few examples per property: what two hundred find, ten find too, and a mutant meets many tests
CONFTEST = """
from hypothesis import settings
settings.register_profile("few", derandomize=True, deadline=None, max_examples=10)
settings.load_profile("few")
"""


def prepare(folder):
    """Copy package and tests, and let mutmut make all mutants (none of them is run yet)."""
    shutil.copytree(ROOT / "src/soak", folder / "soak", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("resampling", "scores", "reference"):
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(CONFIG)
    (folder / "tests/conftest.py").write_text(CONFTEST)
    mutmut(folder, "soak.no_such_mutant")


def mutmut(folder, *names):
    """Run mutants."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "2", *names]
    subprocess.run(command, cwd=folder, stdout=sys.stderr)


def results(folder):
    """Mutant name to exit code of its tests; None for those not run."""
    found = {}
    for file in sorted((folder / "mutants").rglob("*.meta")):
        found |= json.loads(file.read_text())["exit_code_by_key"]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="mutation-"))
    folder.mkdir(exist_ok=True)
    if not (folder / "mutants").exists():
        prepare(folder)
    names = sorted(results(folder))
    chosen = sorted(random.Random(arguments.seed).sample(names, min(arguments.sample, len(names))))
    mutmut(folder, *chosen)
    codes = {name: results(folder)[name] for name in chosen}
    survived = [name for name, code in codes.items() if code == 0]
    untested = [name for name, code in codes.items() if code in (33, None)]
    print(f"{len(names)} mutants, {len(chosen)} tried: {len(chosen) - len(survived) - len(untested)} killed,")
    print(f"{len(survived)} survived, {len(untested)} reached by no test")
    for name in survived + untested:
        shown = subprocess.run(
            [sys.executable, "-m", "mutmut", "show", name], cwd=folder, capture_output=True, text=True
        ).stdout
        changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        print("\n".join([f"\n{name}", *changed]))


if __name__ == "__main__":
    main()
