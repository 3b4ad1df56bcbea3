"""The config explained: config/README.md and config/schema.json, made from the models alone.

    PYTHONPATH=scripts python -m soak.config.document

writes both; a test checks that they are current.
"""

import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from soak.config.workflow import Config

FOLDER = Path(__file__).resolve().parents[3] / "config"
HEAD = """<!-- Made from the models in scripts/soak/config/ by: PYTHONPATH=scripts python -m soak.config.document -->

# Configuration

A config is one YAML file and stands alone: nothing of `config.yaml`, the embedded default, is merged into it.
`snakemake --config` overrides single keys. Relative paths start at the working directory (`--directory`). Unknown keys
are errors; all mistakes are told at once, with file, line, key path and what is allowed, before anything runs. (A file that is
no YAML is told by profiles/default; with `--workflow-profile none` Snakemake says so in its own words.)
`schema.json` describes the same keys to editors: put `# yaml-language-server: $schema=…/config/schema.json` on top.

The smallest config is a table, what to predict, and a learner:

```yaml
tasks:
  Trees: {table: my.csv, target: species, subset: region}
learners:
  featureless: {type: featureless}
  cv_glmnet: {type: cv_glmnet}
```

Without `learners` of its own, a task gets all learners that suit its type; without `measures`, classification gets
zero_one_loss and log_loss, regression mean_squared_error and mean_absolute_error.
"""


def readme() -> str:
    """The text of config/README.md: a table of keys per part of the config."""
    parts = [HEAD]
    for title, model in _sections():
        text = " ".join((model.__doc__ or "").split())
        rows = [_row(name, field) for name, field in model.model_fields.items()]
        parts.append(f"\n## {title}\n\n{text}\n\n| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def schema() -> str:
    """The text of config/schema.json."""
    return json.dumps(Config.model_json_schema(by_alias=True), indent=1, ensure_ascii=False) + "\n"


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Parts of the config in its order, each model once, with the key path at which it stands."""
    for name, field in Config.model_fields.items():
        for place, model in _models(name, field.annotation):
            yield from _with_parts(place, model)


def _with_parts(place: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield place, model
    for name, field in model.model_fields.items():
        for inner, part in _models(f"{place}.{name}", field.annotation):
            yield from _with_parts(inner, part)


def _models(place: str, annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        kind = annotation.model_fields.get("type")
        tags = typing.get_args(kind.annotation) if kind is not None and kind.default is PydanticUndefined else ()
        yield (f"{place}, type {tags[0]}" if tags else place), annotation
        return
    origin = typing.get_origin(annotation)
    for argument in typing.get_args(annotation):
        yield from _models(f"{place}.NAME" if origin is dict else place, argument)


def _row(name: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if field.is_required():
        shown = "needed"
    elif default is None:
        shown = ""
    elif isinstance(default, BaseModel):
        shown = "see below"
    else:
        shown = f"`{json.dumps(default, ensure_ascii=False)}`"
    meaning = [field.description] if field.description else []
    choices = _choices(field.annotation)
    if choices:
        meaning.append("one of " + ", ".join(f"`{choice}`" for choice in choices))
    return f"| {field.alias or name} | {shown} | {'; '.join(meaning).replace('|', chr(92) + '|')} |"


def _choices(annotation: Any) -> list[Any]:
    """Values of a Literal, also inside Optional and lists."""
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [choice for argument in typing.get_args(annotation) for choice in _choices(argument)]


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(readme())
    (FOLDER / "schema.json").write_text(schema())
