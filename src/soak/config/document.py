"""Documents made from the models and catalogues: config/README.md, config/schema.json, docs/tables.md.

    python -m soak.config.document

writes them; a test checks that they are current.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from soak.config import schema
from soak.config.schema import Node
from soak.measures import DEFAULT_MEASURES, MEASURES
from soak.tables import markdown

ROOT = Path(__file__).resolve().parents[3]
HEAD = """<!-- Made from the models in src/soak/ by: python -m soak.config.document -->

# Configuration

A config is one YAML file that stands alone: nothing from `config.yaml`, the default, is merged into it.
`snakemake --config` overrides single keys. Relative paths start at the working directory (`--directory`, or `DIR` of
make).

The smallest config names a table, the column to predict, and a learner:

```yaml
tasks:
  Trees: {table: my.csv, target: species, subset: region}
learners:
  featureless: {type: featureless}
  cv_glmnet: {type: cv_glmnet}
```

Unknown keys are errors. Before anything runs, all mistakes are reported together, each on one line with file, line, key
path and what is expected. (A file that is not valid YAML is reported by the workflow profiles; with
`--workflow-profile none` Snakemake reads the file unchecked and complains in its own words.)

Editors check and complete keys while you type if the first line of the file is
`# yaml-language-server: $schema=…/config/schema.json`.

The sections below come in the order in which most people need them: {contents}.
"""
# The parts of the config in the order of the README, each with what to read before its tables and, from ### on, after
CHAPTERS = {
    "tasks": """A task is a table with a target, its subsets, and the columns' other roles. Several tasks may share learners.

### What becomes of a table's columns

A text target means classes, a target with fractions means regression. Whole numbers could be either, so such a task must
say `type: classification` or `type: regression`. A text feature becomes one column of zeros and ones per value;
true and false become 1 and 0. Missing values stay missing in the task; with `impute: mean`, say, each fit fills them in with
the means of its own train rows, in its test rows too: no test row has a share in a model, or in the prediction of another
row. A column without a value in a train set is 0 in that fit. The column prepared of fits.csv says what was filled in.
Nothing else is changed unless a learner asks for it: cv_glmnet standardizes the features itself (`standardize`), estimators
and torch learners do with `scale: standard`, likewise by the train rows of each fit. A torch learner on columns of very
different scales needs it.
""",
    "learners": """A task that does not name its own `learners` gets all of them that suit its type. Each learner has a name of
your choice, a `type`, and the keys of that type.
""",
    "measures": """`measures` is a list, as in `measures: [zero_one_loss, roc_auc]`; the verdict goes by the first. Without this key, {defaults}.
The names are those of sklearn.metrics, plus a few shorter ones:

{catalogue}
Your own measure is named by its import path, such as `my_measures.regret`: a `soak.measures.Measure` in a Python file
beside the config.

With two classes f1_score, jaccard_score, precision_score, recall_score and average_precision_score are those of the positive
class: the first in order, as in mlr3, unless the task's `positive` names the other. (roc_auc and brier_score_loss are the same
for both.) With more classes they are means over the classes. log_loss clips probabilities at 1e-15, as mlr3 does; scikit-learn
does at 2.2e-16, so that a class of probability 0 costs 34.5 here and 36.0 there. A score that cannot be had is empty, and the
report says why.
""",
    "resampling": """### Train sets of equal size

The train sets *same*, *other* and *all* differ in size, which alone may make one better than another. With
`resampling: {sizes: 0}` each of them is also drawn at the size of the smallest. Say there are three folds, with 90 rows in
subset A and 30 in B: for a test on A the train sets have 60 (*same*), 20 (*other*) and 80 rows (*all*), and with
`sizes: 0` there are also *same* and *all* with 20 rows. With `sizes: 1` each is drawn at all smaller sizes of the others,
and one step below the smallest (20 times `ratio`, 10 rows): *all* at 80, 60, 20 and 10 rows. `seeds: 5` draws each of the
smaller ones five times.
""",
    "datasets": """Collections of images, or other data that take more than one file. A task names those it is made of.
""",
    "verdict": "",
    "labels": "",
    "figures": "",
    "focus": "",
    "tutorial": "",
    "seed": "",
    "execution": "",
    "scores": """Instead of `tasks`: scores that were computed elsewhere get the same tables, figures and verdicts. Files of scores
(with any column names that mlr3resampling has had, or of plain K-fold cross-validation, without subsets), of times (seconds, or
start and end) and of facts about data sets (rows, features, classes, as in the paper's data-meta.csv) are told apart by their
columns.
""",
    "scores_folder": """A folder in which files of `scores` are looked for first, by the last part of their path or URL, also compressed
(.gz): for machines without the network, as in `--config scores_folder=downloads`.
""",
    "subset_types": """Kinds of subsets, each with its tasks, as in `subset_types: {time or place: [Trees, Fires]}`: they give the colours of the
figures ladder and volcano, and a column of the table datasets. The default is the name of the subset column.
""",
}


_PROBABILITIES = ", by predicted probabilities (empty for learners that predict none)"


class Section(NamedTuple):
    """The keys of one model, as a section of the README."""

    title: str
    text: str
    keys: Mapping[str, Node]
    required: Sequence[str]


def readme() -> str:
    """The text of config/README.md."""
    root = schema.schema()["properties"]
    contents = ", ".join(f"[{name}](#{name})" for name in CHAPTERS)
    parts = [HEAD.replace("{contents}", contents)]
    texts = CHAPTERS | {"measures": _measures(CHAPTERS["measures"])}
    for name in [*CHAPTERS, *(key for key in root if key not in CHAPTERS)]:
        before, heading, after = texts.get(name, "").partition("###")
        parts += [f"## {name}", before]
        for section in _sections(name, root[name]):
            parts += [f"### {section.title}" if section.title != name else "", section.text, _table(section)]
        parts.append(heading + after)
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def schema_json() -> str:
    """The text of config/schema.json."""
    return json.dumps(schema.schema(), indent=1, ensure_ascii=False) + "\n"


def _measures(text: str) -> str:
    """The chapter on measures, with the names of the catalogue."""
    kinds: dict[str, list[str]] = {}
    for name, measure in MEASURES.items():
        kind: str = measure.task_type
        if kind == "classification":
            kind += _PROBABILITIES if measure.needs_probabilities else ", by predicted classes"
        if not (name.endswith("_score") and name.removesuffix("_score") in MEASURES):
            also = f" ({name}_score)" if f"{name}_score" in MEASURES else ""
            kinds.setdefault(kind, []).append(name + also)
    catalogue = "".join(f"- {kind}: {', '.join(names)}\n" for kind, names in kinds.items())
    defaults = ", and ".join(f"a {kind} task has {' and '.join(names)}" for kind, names in DEFAULT_MEASURES.items())
    return text.replace("{defaults}", defaults).replace("{catalogue}", catalogue)


def _sections(path: str, node: Node) -> Iterator[Section]:
    """The models below a key path, each with those inside it after it."""
    if found := schema.definition(node):
        yield from _model(path, path, found[1])
    elif "oneOf" in node:
        yield from _types(path, node["oneOf"])
    for part in node.get("anyOf", ()):
        yield from _sections(path, part)
    if isinstance(node.get("items"), Mapping):
        yield from _sections(path, node["items"])
    if isinstance(node.get("additionalProperties"), Mapping):
        yield from _sections(f"{path}.NAME", node["additionalProperties"])


def _model(title: str, path: str, model: Node) -> Iterator[Section]:
    """A model, and those inside it."""
    text = " ".join(model.get("description", "").split()).replace("``", "`")
    yield Section(title, text, model.get("properties", {}), model.get("required", ()))
    for name, inner in model.get("properties", {}).items():
        yield from _sections(f"{path}.{name}", inner)


def _types(path: str, nodes: Sequence[Node]) -> Iterator[Section]:
    """The models of a union, and after them the keys that at least three of them share."""
    models = {_type_name(found[1]): found[1] for node in nodes if (found := schema.definition(node))}
    owners: dict[tuple[str, str], list[str]] = {}
    for name, model in models.items():
        for key, node in model["properties"].items():
            owners.setdefault((key, json.dumps(node)), []).append(name)
    common: dict[tuple[str, ...], dict[str, Node]] = {}
    for (key, text), names in owners.items():
        if len(names) > 2:
            common.setdefault(tuple(names), {})[key] = json.loads(text)
    titles = {names: _shared_title(names, len(names) == len(models)) for names in common}
    for name, model in models.items():
        shared = [names for names in common if name in names]
        own = {
            key: node for key, node in model["properties"].items() if all(key not in common[those] for those in shared)
        }
        first, *inner = _model(f"{path} with {name}", path, {**model, "properties": own})
        more = f"See also: {'; '.join(titles[names] for names in shared)}." if shared else ""
        yield first._replace(text=f"{first.text} {more}")
        yield from inner
    for those, keys in common.items():
        yield Section(f"{path}: {titles[those]}", "", keys, ())


def _type_name(model: Node) -> str:
    """What distinguishes a model of a union: the fixed value of a key, or the first key that it must have."""
    fixed = [f"{key}: {node['const']}" for key, node in model["properties"].items() if "const" in node]
    return (fixed or model["required"])[0]


def _shared_title(names: Sequence[str], are_all: bool) -> str:
    if are_all:
        return "keys of all types"
    short = [name.rpartition(": ")[2] for name in names]
    return f"keys common to {', '.join(short[:-1])} and {short[-1]}"


def _table(section: Section) -> str:
    """The keys of a section; none if its text says it all."""
    if not any("description" in node or "const" in node for node in section.keys.values()):
        return ""
    rows = [_row(section.title, key, node, key in section.required) for key, node in section.keys.items()]
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows)


def _row(title: str, key: str, node: Node, required: bool) -> str:
    default = node.get("default")
    if required:
        shown = "required"
    elif schema.definition(node):
        shown = f"see {title}.{key}"
    else:
        shown = "" if default is None else f"`{schema.in_yaml(default)}`"
    described = _described(node)
    meaning = [described["description"]] if "description" in described else []
    if described.get("examples"):
        meaning.append(f"for example `{schema.in_yaml(described['examples'][0])}`")
    cells = [key, _values(node), shown, "; ".join(meaning)]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _described(node: Node) -> Node:
    """The node itself, or of "this or null" the part that has the description."""
    parts = [node, *node.get("anyOf", ())]
    return next((part for part in parts if "description" in part), node)


def _values(node: Node) -> str:
    """What a key allows, with the values of a list that has fixed ones."""
    nodes = schema.alternatives(schema.Place((), None, [node], None))
    text = schema.expected(nodes).replace(" of keys to values", "")
    for node in nodes:
        if "enum" in node.get("items", {}):
            text += " of " + schema.expected([node["items"]])
        if "enum" in node.get("propertyNames", {}):
            text += " with the keys " + schema.expected([node["propertyNames"]])
    return text.replace("'", "`")


DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "config/README.md": readme,
    "config/schema.json": schema_json,
    "docs/tables.md": markdown,
}


def main() -> None:
    """Write the documents."""
    for path, text in DOCUMENTS.items():
        (ROOT / path).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
