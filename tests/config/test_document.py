"""What explains the config is current, and complete."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from soak.config.document import readme, schema
from soak.experiment import load_config

CONFIG = Path(__file__).parents[2] / "config"
FILES = sorted(CONFIG.glob("*.yaml"))


def test_the_readme_is_made_from_the_models():
    assert (CONFIG / "README.md").read_text() == readme()


def test_the_schema_is_made_from_the_models():
    assert (CONFIG / "schema.json").read_text() == schema()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_configs_that_come_along_are_valid(file):
    config = yaml.safe_load(file.read_text())
    load_config(config, [file])
    jsonschema.validate(config, yaml.safe_load(schema()))


def test_the_schema_refuses_what_the_models_refuse():
    with pytest.raises(jsonschema.ValidationError, match="trian"):
        jsonschema.validate({"seed": {"trian": 1}}, yaml.safe_load(schema()))
