"""The config explained: config/README.md and config/schema.json, made from the models alone.

    python -m soak.config.document

writes both; a test checks that they are current.
"""

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from soak.config.schema import in_yaml
from soak.config.schema import schema as json_schema
from soak.config.workflow import Config

FOLDER = Path(__file__).resolve().parents[3] / "config"
HEAD = """<!-- Made from the models in src/soak/config/ by: python -m soak.config.document -->

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

## Measures

`measures` is a list, as in `measures: [zero_one_loss, roc_auc]`; the verdict goes by the first one. The names are
those of sklearn.metrics and a few shorter ones:

- classification, by predicted classes: zero_one_loss, accuracy (accuracy_score), balanced_accuracy
  (balanced_accuracy_score), cohen_kappa_score, f1_score, hamming_loss, jaccard_score, matthews_corrcoef,
  precision_score, recall_score;
- classification, by predicted probabilities (a learner without them has no such score): log_loss, roc_auc
  (roc_auc_score), average_precision_score, brier_score_loss, d2_brier_score, d2_log_loss_score, top_k_accuracy_score;
- regression: mean_squared_error, root_mean_squared_error, mean_absolute_error, median_absolute_error, max_error, r2
  (r2_score), explained_variance_score, mean_absolute_percentage_error, mean_pinball_loss, mean_squared_log_error,
  root_mean_squared_log_error, mean_poisson_deviance, mean_gamma_deviance, mean_tweedie_deviance,
  d2_absolute_error_score, d2_pinball_score, d2_tweedie_score.

## What becomes of a table's columns

A target of text is classes, one of numbers with fractions is regression; whole numbers may be either, so that
`type: classification` or `type: regression` must stand in the task. Features of text become one column of 0 and 1 for
each value; true and false become 1 and 0. Missing numbers are filled (`impute: mean`) once for the whole table, from
train and test rows. Nothing else is scaled or changed: cv_glmnet standardizes by itself (`standardize`), an estimator
if asked to (`scale: standard`, from its train rows only), a torch learner not at all; a network for columns of very
different size begins with a layer that does it, as in `graph: [batch_norm, {linear: 50}, relu, head]`.

## Train sets of equal size

Same, Other and All train sets differ in size, which may be why one is better. With `resampling: {sizes: 0}` each of
them is also drawn at the size of the smallest. With three folds, 90 rows in subset A and 30 in B, a test on A has
train sets of 60 (Same), 20 (Other) and 80 rows (All), and with `sizes: 0` Same and All of 20 rows besides.
With `sizes: 1` each is drawn at all smaller sizes of the others, and at one step below the smallest (20 times `ratio`,
10 rows): All at 80, 60, 20 and 10 rows. `seeds: 5` draws each of the smaller ones five times.
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
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


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
    choices = [f"`{choice}`" for choice in _choices(field.annotation)]
    if choices:
        meaning.append(
            ("one of " if len(choices) > 1 else "") + " or ".join([", ".join(choices), *_beside(field.annotation)])
        )
    if field.examples:
        meaning.append(f"as `{in_yaml(field.examples[0])}`")
    return f"| {field.alias or name} | {shown} | {'; '.join(meaning).replace('|', chr(92) + '|')} |"


def _choices(annotation: Any) -> list[Any]:
    """Values of a Literal, also inside Optional and lists."""
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [choice for argument in typing.get_args(annotation) for choice in _choices(argument)]


def _beside(annotation: Any) -> list[str]:
    """What else than the values of a Literal a value may be."""
    arguments = [
        typing.get_args(one)[0] if typing.get_origin(one) is typing.Annotated else one
        for one in typing.get_args(annotation)
    ]
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    if not is_union or not any(typing.get_origin(one) is typing.Literal for one in arguments):
        return [told for argument in arguments for told in _beside(argument)]
    mappings = ["a mapping of names to numbers" for one in arguments if typing.get_origin(one) is dict]
    return ["a number" for one in arguments if one in (int, float)] + mappings


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(readme())
    (FOLDER / "schema.json").write_text(schema())
