"""Modules import only modules of earlier steps of the flow."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "src/soak"

# The flow: each name may import what stands before it, and its own package.
FLOW = [
    "errors",
    "files",
    "names",
    "settings",
    "matrix",
    "compiled",
    "rrandom",
    "job",
    "lock",
    "provenance",
    "tables",
    "plugins",
    "measures",
    "data",
    "tasks",
    "resampling",
    "glmnet",
    "networks",
    "learners",
    "config",
    "experiment",
    "fitting",
    "scores",
    "figures",
    "report",
    "failures",
    "status",
    "smoke",
]
# Light modules that a step after theirs shares with one before.
SHARED = {
    "soak.learners.cv_glmnet",  # not for long: the engine takes plain parameters
    "soak.tasks.task",
    "soak.learners.catalog",
    "soak.learners.base",
    "soak.data.base",
    "soak.data.catalog",
    "soak.data.sources",
}  # and the settings of each step


def step(module):
    return FLOW.index(module.split(".")[1])


def modules():
    for file in sorted(LIBRARY.rglob("*.py")):
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        if parts != ("__init__",):
            yield ".".join(["soak", *parts]).removesuffix(".__init__"), file


@pytest.mark.parametrize(("module", "file"), list(modules()), ids=lambda value: str(value))
def test_imports_go_backwards(module, file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("soak."):
            if node.module in SHARED or node.module.endswith(".settings"):
                continue
            assert step(node.module) <= step(module), f"{module} imports {node.module}, which stands later in the flow"
