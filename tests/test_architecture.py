"""Modules import only modules of earlier steps of the flow."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "src/soak"

# The flow of the data: a part may import parts of the same and of earlier lines, and its own package.
FLOW = (
    "errors names",
    "files settings",
    "matrix compiled rrandom plugins lock run_log printed tables provenance written",
    "measures job labels",
    "data",
    "tasks",
    "resampling",
    "glmnet networks learners",
    "fitting",
    "scores",
    "figures",
    "evaluation plot",
    "report",
    "config",
    "experiment",
    "progress",
    "commands",
)
STEPS = {name: number for number, line in enumerate(FLOW) for name in line.split()}


def step(module):
    return STEPS[module.split(".")[1]]


def modules():
    for file in sorted(LIBRARY.rglob("*.py")):
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        if parts != ("__init__",):
            yield ".".join(["soak", *parts]).removesuffix(".__init__"), file


@pytest.mark.parametrize(("module", "file"), list(modules()), ids=lambda value: str(value))
def test_imports_go_backwards(module, file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("soak."):
            assert step(node.module) <= step(module), f"{module} imports {node.module}, which stands later in the flow"


def test_the_way_of_the_data_has_all_rules_and_only_modules_that_there_are():
    text = (ROOT / "docs/ARCHITECTURE.md").read_text()
    lines = re.search(r"^\| step \| rule .*?\n\n", text, flags=re.M | re.S)[0].strip().splitlines()[2:]
    _, rules, parts, _ = zip(*(line.strip("| ").split(" | ") for line in lines), strict=True)
    of_smk = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    named = {name for cell in rules for name in re.findall(r"\w+(?= \()|\w+(?=,|$)", cell)}
    assert named - {"-"} == set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", of_smk, flags=re.M))
    for cell in parts:
        folder = ""
        for part in re.findall(r"[\w/.]+", cell):
            folder = part.rpartition("/")[0] or folder
            assert (LIBRARY / part).exists() or (LIBRARY / folder / part).exists(), part


def test_all_names_of_snakemakes_workflow_are_listed_as_private():
    section = (ROOT / "docs/ARCHITECTURE.md").read_text().partition("## Private parts of dependencies")[2]
    rules = "".join(file.read_text() for file in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")])
    used = set(re.findall(r"\bworkflow\.(\w+)", rules))
    assert used
    assert used - set(re.findall(r"[a-z_]+", section)) == set()
