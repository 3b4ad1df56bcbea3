"""Checking a config: every mistake at once, each with file, line, key path and what is expected."""

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from soak.config import schema
from soak.config.read import Places
from soak.config.schema import Place, expected
from soak.config.workflow import Config
from soak.data.catalog import check_datasets
from soak.errors import SoakError
from soak.figures.catalog import find_figure, view_figures
from soak.figures.settings import color_problem, font_problem
from soak.measures import DEFAULT_MEASURES, measure
from soak.names import KeyPath, Problem, check_name, nearest, repeated, same_but_for_case
from soak.plugins import find_function
from soak.tasks.settings import TaskSettings

# Keys that people look for in the wrong place, with what to say instead of the nearest name
_ELSEWHERE: dict[KeyPath, str] = {
    ("resampling", "seed"): "folds and draws start from seed.resampling, as in seed: {resampling: 2}",
}
# A number with a fraction or an exponent as YAML 1.2 knows it
_NUMBER = re.compile(r"(?=.*[.eE])[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_YAML_TRUTH = "YAML reads yes, no, on and off as true and false"


Names = Mapping[str, Collection[str]]


def load_config(
    raw: Mapping[str, Any],
    files: Sequence[str | Path] = (),
    given: Sequence[str | Path] = (),
    in_job: bool = False,
) -> Config:
    """Check a config.

    Parameters
    ----------
    raw : mapping
        The config as Snakemake hands it over, merged from files and ``--config``.
    files : paths
        The files: messages name file and line, and a key that is given twice is a mistake.
    given : paths
        The files as the command line names them, which is how messages name them.
    in_job : bool
        Whether this is a job of a run whose config has been checked: the user's functions and the font of the figures
        are not looked for, since the job may run on a machine that draws nothing.

    Raises
    ------
    SoakError
        With a message for each mistake that can be found.
    """
    places = Places(files, given)
    config, problems = parse(raw)
    of_text = [*places.repeated, *places.misread, *_truths(places, raw)]
    reported = {path for path, _ in of_text}
    problems = [*of_text, *((path, message) for path, message in problems if path not in reported)]
    if config is not None:
        parts = {key: raw.get(key) for key in ("datasets", "tasks", "learners")}
        names = {key: list(part) if isinstance(part, Mapping) else [] for key, part in parts.items()}
        found = list(disagreements(config, names)) + ([] if in_job else list(_not_found(config)))
        known = {path for path, _ in problems}
        problems += [(path, message) for path, message in found if path not in known]
        if not problems:
            problems += unsuited(config, {name: known_type(task) for name, task in config.tasks.items()})
    if problems or config is None:
        raise SoakError(*(places.place(path, message) for path, message in problems))
    return config


def _truths(places: Places, raw: Mapping[str, Any]) -> list[Problem]:
    """Words that YAML reads as true or false, as the country NO, where they may be text, as in ``where``."""
    problems = []
    for path, message in places.truths:
        nodes = schema.alternatives(schema.locate(raw, path))
        if schema.allows(nodes, "string") and not schema.allows(nodes, "any"):
            problems.append((path, message))
    return problems


def parse(raw: Mapping[str, Any]) -> tuple[Config | None, list[Problem]]:
    """Validate a config part by part.

    Parameters
    ----------
    raw : mapping
        The merged config, as YAML gives it.

    Returns
    -------
    config : Config or None
        Without the parts that are wrong, so that the others can be checked against each other.
    problems : list of (key path, message)
    """
    problems: list[Problem] = []
    given = _with_numbers(Place((), raw, [schema.schema()], None), problems)
    try:
        config = Config.model_validate(given)
        if not problems:
            return config, []
    except ValidationError as error:
        known = {path for path, _ in problems}
        problems += [(path, message) for path, message in _explain(error, raw) if path not in known]
    try:
        return Config.model_validate(_without(given, [path for path, _ in problems])), problems
    except ValidationError:
        return None, problems


def _with_numbers(place: Place, problems: list[Problem]) -> Any:
    """The value at a place, with numbers where PyYAML leaves them as text.

    YAML 1.2 reads 1e-3 as a number, PyYAML as text. Where the type is known pydantic converts it; here it is converted
    where any value is allowed, as in arguments of an optimizer. Text that PyYAML would read as a number, such as "0.01",
    was in quotes and stays text. A truth value in the place of a number is a mistake that pydantic takes for 1 or 0.
    """
    value = place.value
    if isinstance(value, Mapping):
        inside = [_with_numbers(inner, problems) for inner in schema.children(place)]
        return dict(zip(value, inside, strict=True))
    if isinstance(value, list):
        return [_with_numbers(inner, problems) for inner in schema.children(place)]
    if isinstance(value, bool):
        nodes = schema.alternatives(place)
        if schema.allows(nodes, "integer", "number") and not schema.allows(nodes, "boolean", "any"):
            problems.append((place.path, f"expected {expected(nodes)}, got {str(value).lower()} ({_YAML_TRUTH})"))
    if isinstance(value, str) and _NUMBER.fullmatch(value) and isinstance(yaml.safe_load(value), str):
        return float(value) if schema.allows(schema.alternatives(place), "any") else value
    return value


def _without(config: Mapping[Any, Any], paths: Sequence[KeyPath]) -> dict[Any, Any]:
    """A config without what is wrong: in a mapping only the entry (of ``tasks``: the task) that holds the mistake."""
    rest: dict[Any, Any] = {}
    for key, part in config.items():
        wrong = {path[1:2] for path in paths if path[:1] == (str(key),)}
        if isinstance(part, Mapping) and () not in wrong:
            rest[key] = {name: inner for name, inner in part.items() if (str(name),) not in wrong}
        elif not wrong:
            rest[key] = part
    return rest


def _explain(error: ValidationError, raw: Mapping[str, Any]) -> list[Problem]:
    """A message for each place in which something is wrong.

    Pydantic has an error for each alternative of a union: those that lead to one place say the same here, and one for
    a place around another is of an alternative that was not meant.
    """
    found: dict[KeyPath, str] = {}
    for details in error.errors():
        path, message = _problem(details, raw)
        found.setdefault(path, message)
    return [
        (path, message)
        for path, message in found.items()
        if not any(len(other) > len(path) and other[: len(path)] == path for other in found)
    ]


def _problem(error: ErrorDetails, raw: Mapping[str, Any]) -> Problem:
    """Where a mistake is, and what it is in words."""
    kind, location = error["type"], error["loc"]
    is_key = location[-1:] == ("[key]",)
    place = schema.locate(raw, location[:-1] if is_key else location, missing=kind == "missing")
    if is_key or kind in ("extra_forbidden", "invalid_key"):
        return place.path, _wrong_key(place.path, schema.locate(raw, location[: -2 if is_key else -1]))
    if kind == "missing":
        return place.path, "is missing"
    if kind == "value_error":
        text = error["msg"].removeprefix("Value error, ")
        key, _, rest = text.partition(": ")
        given = place.value if isinstance(place.value, Mapping) else {}
        named = key in given or key in schema.keys(schema.alternatives(place))
        return ((*place.path, key), rest) if named else (place.path, text)
    if kind.startswith("union_tag") and isinstance(place.value, Mapping):
        return _no_alternative(place)
    nodes = schema.alternatives(place)
    is_form = isinstance(place.value, Mapping | list) or isinstance(place.example, Mapping | list)
    is_text_unquoted = schema.allows(nodes, "string") and isinstance(place.value, int | float | date)
    return place.path, (
        f"expected {expected(nodes, place.example if is_form else None)}, got {_short(place.value)}"
        + (": if this is text, put it in quotes" if is_text_unquoted else "")
    )


def _wrong_key(path: KeyPath, around: Place) -> str:
    """Why a key cannot be in a mapping: YAML read it as a number, say, or it is not known there."""
    key = next(key for key in around.value if str(key) == path[-1])
    if not isinstance(key, str):
        return f"names must be text: write '{schema.in_yaml(key)}' in quotes"
    elsewhere = _ELSEWHERE.get(path[-2:])
    return f"unknown key; {elsewhere or nearest(key, schema.keys(schema.alternatives(around)))}"


def _no_alternative(place: Place) -> Problem:
    """That a mapping is not one of those that a place allows."""
    key, values = schema.tag(schema.alternatives(place, like_value=False))
    if key not in place.value:
        return (*place.path, key), f"is missing; allowed: {', '.join(values)}"
    given = str(place.value[key])
    return (*place.path, key), f"there is no {key} '{given}'; {nearest(given, values)}"


def _short(value: Any) -> str:
    """A value as an error message shows it: text in quotes, all else as YAML has it."""
    text = repr(value) if isinstance(value, str) else schema.in_yaml(value)
    return text if len(text) <= 60 else text[:57] + "..."


def disagreements(config: Config, names: Names) -> Iterator[Problem]:
    """What the parts of a config show to be impossible together.

    Parameters
    ----------
    config : Config
        Without the parts that are wrong in themselves.
    names : mapping
        Names of datasets, tasks and learners, also of those whose settings are wrong.
    """
    if not names["tasks"] and not config.scores:
        yield ("tasks",), "is missing: name at least one task (or scores from elsewhere)"
    if names["tasks"] and config.scores:
        yield ("scores",), "cannot be given beside tasks: scores from elsewhere replace fits"
    if names["tasks"] and not names["learners"]:
        yield ("learners",), "is missing: name at least one, for instance featureless: {type: featureless}"
    yield from check_datasets(config.datasets, names["datasets"])
    yield from _check_names(config)
    for name in config.tasks:
        yield from _check_task(config, name, names)
    yield from _check_measures(("measures",), config.measures or [])
    yield from _check_views(config)
    if config.scores_folder and not Path(config.scores_folder).expanduser().is_dir():
        yield ("scores_folder",), f"there is no folder '{config.scores_folder}'"
    if not config.scores:
        yield from _check_choices(config, names)
    yield from _check_labels(config, names)


def _not_found(config: Config) -> Iterator[Problem]:
    """The user's own readers and figures that cannot be imported, classes of scikit-learn that are not learners, and a font
    that this machine does not have.
    """
    own: list[tuple[KeyPath, str, str]] = [
        *((("figures", "own", index), path, "figure") for index, path in enumerate(config.figures.own)),
        *(
            (("datasets", name, dataset.key), path, dataset.key)
            for name, dataset in config.datasets.items()
            for path in dataset.import_paths()
        ),
    ]
    for key, path, kind in own:
        try:
            find_function(path, kind)
        except SoakError as error:
            yield key, str(error)
    for name, learner in config.learners.items():
        try:
            learner.check_class()
        except SoakError as error:
            argument, _, message = str(error).partition(": ")
            yield ("learners", name, argument), message
    if problem := font_problem(config.figures.style.font):
        yield ("figures", "style", "font"), problem
    for name, color in config.figures.style.colors.items():
        if problem := color_problem(color):
            yield ("figures", "style", "colors", name), problem


def _check_names(config: Config) -> Iterator[Problem]:
    """Names are names of files, and no two things have one name."""
    parts: dict[str, Mapping[str, object]] = {"tasks": config.tasks, "learners": config.learners}
    for key, part in parts.items():
        yield from (((key, name), message) for name in part if (message := check_name(name)))
        yield from same_but_for_case(key, part)
    owners: dict[str, str] = {}
    for name, learner in config.learners.items():
        for algorithm in learner.algorithms(name):
            owner = owners.setdefault(algorithm, name)
            if owner != name:
                yield ("learners", name), f"reports as '{algorithm}', as learner '{owner}' does; rename one of them"
    if again := repeated(path.rpartition(".")[2] for path in config.figures.own):
        yield ("figures", "own"), f"two figures are called '{again}'; rename one of the functions"


def _check_views(config: Config) -> Iterator[Problem]:
    """Views are called as files may be, unlike figures, and each is of a figure of results."""
    results = list(view_figures())
    for name, view in config.figures.views.items():
        path = ("figures", "views", name)
        if message := check_name(name):
            yield path, message
        elif find_figure(name):
            yield path, f"'{name}' is a figure of the workflow; call the view something else"
        if view.figure not in results:
            yield (*path, "figure"), f"there is no figure of results '{view.figure}'; {nearest(view.figure, results)}"


def _check_task(config: Config, name: str, names: Names) -> Iterator[Problem]:
    """A task's data sets, learners and measures exist and suit it."""
    task = config.tasks[name]
    task_type = known_type(task)
    for index, dataset in enumerate(task.datasets or []):
        if dataset not in names["datasets"]:
            yield ("tasks", name, "datasets", index), _unknown("data set", dataset, names["datasets"])
    for index, learner in enumerate(task.learners or []):
        settings = config.learners.get(learner)
        if learner not in names["learners"]:
            yield ("tasks", name, "learners", index), _unknown("learner", learner, names["learners"])
        elif settings and task_type and (only := settings.only_for()) and only[0] != task_type:
            yield ("tasks", name, "learners", index), f"learner '{learner}' cannot do {task_type}: {only[1]}"
    yield from _check_measures(("tasks", name, "measures"), task.measures or [], task_type)


def _check_measures(path: KeyPath, names: Sequence[str], task_type: str | None = None) -> Iterator[Problem]:
    for index, name in enumerate(names):
        try:
            found = measure(name)
        except SoakError as error:
            yield (*path, index), str(error)
            continue
        if task_type and found.task_type not in (task_type, "both"):
            yield (*path, index), f"measure '{name}' is for {found.task_type}, but the task is {task_type}"
        if name in names[:index]:
            yield (*path, index), f"measure '{name}' is named twice"


def _check_choices(config: Config, names: Names) -> Iterator[Problem]:
    """What single figures show and the verdict goes by exists."""
    algorithms = [algorithm for name, learner in config.learners.items() for algorithm in learner.algorithms(name)]
    measures = asked_measures(config)
    choices: list[tuple[KeyPath, str | None, str, Collection[str]]] = [
        (("focus", "task"), config.focus.task, "task", names["tasks"]),
        (("tutorial", "task"), config.tutorial.task, "task", names["tasks"]),
        (("tutorial", "dataset"), config.tutorial.dataset, "data set", names["datasets"]),
        (("verdict", "measure"), config.verdict.measure, "measure", ["first", *measures]),
    ]
    if len(config.learners) == len(names["learners"]):  # else the algorithms are not all known
        choices.append((("verdict", "algorithm"), config.verdict.algorithm, "algorithm", ["best", *algorithms]))
        for index, given in enumerate(config.figures.algorithms):
            choices.append((("figures", "algorithms", index), given, "algorithm", algorithms))
    for path, name, kind, known in choices:
        if name is not None and name not in known:
            yield path, _unknown(kind, name, known)


def _check_labels(config: Config, names: Names) -> Iterator[Problem]:
    """Labels are of what there is, and no two tasks, algorithms or measures have one."""
    algorithms = algorithm_labels(config)
    labels: list[tuple[KeyPath, Mapping[str, str]]] = [
        (("tasks",), {name: task.label or name for name, task in config.tasks.items()}),
        (("labels", "algorithms"), algorithms),
        (("labels", "measures"), config.labels.measures),
    ]
    for path, named in labels:
        if again := repeated(named.values()):
            owners = " and ".join(name for name, label in named.items() if label == again)
            yield path, f"expected labels that differ, got {again!r} for {owners}"
    if config.scores or len(config.learners) < len(names["learners"]):
        return  # not all algorithms and measures are known
    for key, kind, known in (("algorithms", "algorithm", algorithms), ("measures", "measure", asked_measures(config))):
        given: Mapping[str, str] = getattr(config.labels, key)
        yield from ((("labels", key, name), _unknown(kind, name, known)) for name in given if name not in known)


def algorithm_labels(config: Config) -> dict[str, str]:
    """Each algorithm with its label: its own, else that of its learner, else its name."""
    found = {}
    for name, learner in config.learners.items():
        algorithms = learner.algorithms(name)
        for algorithm in algorithms:
            part = algorithm.removeprefix(name).strip("_") if len(algorithms) > 1 else ""
            of_learner = f"{learner.label} ({part})" if learner.label and part else learner.label
            found[algorithm] = config.labels.algorithms.get(algorithm) or of_learner or algorithm
    return found


def asked_measures(config: Config) -> list[str]:
    """All measures that some task may have."""
    asked = [task.measures or config.measures for task in config.tasks.values()] or [config.measures]
    defaults = [name for kind in DEFAULT_MEASURES.values() for name in kind]
    return sorted({name for given in asked for name in given or defaults})


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"there is no {kind} '{name}'; {nearest(name, known)}"


def known_type(task: TaskSettings) -> str | None:
    """The type of a task as far as the config tells; None if its data decide."""
    return "classification" if task.datasets else task.type


def unsuited(config: Config, task_types: Mapping[str, str | None]) -> list[Problem]:
    """Common learners and measures that suit no task, and measures whose order in one task is not that in another.

    Parameters
    ----------
    task_types : mapping
        Type of each task; None where it is not known yet, which counts as any type.

    Returns
    -------
    list of (key path, message)
    """
    types = set(task_types.values())
    common = {kind for task, kind in task_types.items() if config.tasks[task].learners is None}
    named = {name for task in config.tasks.values() for name in task.learners or []}
    kinds = " and ".join(sorted(kind for kind in types if kind))
    problems: list[Problem] = []
    for name, learner in config.learners.items():
        only = learner.only_for()
        if name not in named and not (common & {only[0], None} if only else common):
            if only and common:
                message = f"suits no task of this config ({kinds}): {only[1]}; change it, or remove the learner"
            else:
                message = (
                    "belongs to no task: every task names its learners, and none names this one; name it, or remove it"
                )
            problems.append((("learners", name), message))
    for index, name in enumerate(config.measures or [] if config.tasks else []):  # of scores the files tell
        if measure(name).task_type not in ("both", *types) and None not in types:
            problems.append((("measures", index), f"{name} suits no task of this config ({kinds})"))
    return problems + list(_crossed_measures(config, task_types))


def measures_of(config: Config, task: str, task_type: str) -> list[str]:
    """Measures of a task: those it names, else the common ones that suit its type, else the type's defaults."""
    named = config.tasks[task].measures
    if named is not None:
        return named
    if config.measures is None:
        return list(DEFAULT_MEASURES[task_type])
    return [name for name in config.measures if measure(name).task_type in (task_type, "both")]


def _crossed_measures(config: Config, task_types: Mapping[str, str | None]) -> Iterator[Problem]:
    """Two tasks that have the first measure of each other among their further ones: the score table has one order of columns."""
    asked = {task: measures_of(config, task, kind) for task, kind in task_types.items() if kind}
    for (one, first), (other, second) in itertools.combinations(asked.items(), 2):
        if first and second and first[0] in second[1:] and second[0] in first[1:]:
            task, before = (other, one) if config.tasks[other].measures else (one, other)
            wanted, given = asked[before][0], asked[task][0]
            yield (
                ("tasks", task, "measures"),
                f"expected {wanted} before {given}, as in task {before}, or without {wanted}: the first measure of a task decides "
                "its verdict, and tables and figures have one order of measures",
            )
