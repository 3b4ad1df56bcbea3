"""The generated documents are current and complete."""

import re

import jsonschema
import numpy as np
import pytest
import yaml

from soak.config.check import load_config
from soak.config.document import DOCUMENTS, ROOT, readme, schema_json
from soak.measures import MEASURES, measure
from soak.resampling.splits import split_sizes, train_groups

FILES = sorted((ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_are_current(path):
    assert (ROOT / path).read_text() == DOCUMENTS[path](), "run: python -m soak.config.document"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_configs_that_come_along_are_valid(file):
    config = yaml.safe_load(file.read_text())
    load_config(config, [file])
    jsonschema.validate(config, yaml.safe_load(schema_json()))


def test_the_schema_refuses_what_the_models_refuse():
    with pytest.raises(jsonschema.ValidationError, match="trian"):
        jsonschema.validate({"seed": {"trian": 1}}, yaml.safe_load(schema_json()))


def test_every_key_has_a_meaning():
    rows = re.findall(r"^\| (\w+) \|.*\| *([^|]*?) *\|$", readme().replace("\\|", "/"), flags=re.M)
    assert len(rows) > 150
    assert {key for key, meaning in rows if not meaning} == {"type"}


def test_the_readme_names_all_measures_by_type():
    text = re.search(r"## measures\n(.*?)\n## ", readme(), flags=re.S)[1]
    for kind in ("classification", "regression"):
        listed = " ".join(re.findall(rf"^- {kind}.*?: (.*)$", text, flags=re.M))
        assert set(re.findall(r"[a-z]\w*_\w+|r2|accuracy", listed)) == {
            name for name in MEASURES if measure(name).task_type == kind
        }


def test_the_readmes_sizes_are_those_that_are_drawn():
    """90 rows in one subset and 30 in another, three folds: same, other, all."""
    full = [int(train_groups(np.array([90, 30]), 3)[kind][0]) for kind in ("same", "other", "all")]
    assert full == [60, 20, 80]
    assert [split_sizes(own, full, 0, 0.5) for own in full] == [[60, 20], [20], [80, 20]]
    assert split_sizes(80, full, 1, 0.5) == [10, 20, 60, 80]
