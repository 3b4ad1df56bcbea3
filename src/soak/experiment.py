"""What a config makes of a run: its parts agree, and each task has its learners and measures."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from soak.config.learners import LearnerSettings
from soak.config.load import ConfigError, Places, parse
from soak.config.workflow import Config
from soak.data.settings import check_datasets
from soak.errors import SoakError
from soak.figures.settings import font_problem
from soak.learners import registry
from soak.measures import measure
from soak.names import KeyPath, Problem, check_name, nearest, repeated, same_but_for_case
from soak.plugins import find_function

DEFAULT_MEASURES = {
    "classification": ("zero_one_loss", "log_loss"),
    "regression": ("mean_squared_error", "mean_absolute_error"),
}
Names = Mapping[str, Collection[str]]


def load_config(raw: Mapping[str, Any], files: Sequence[str | Path] = ()) -> Config:
    """Validate a config as Snakemake hands it over.

    Parameters
    ----------
    raw : mapping
        The merged config: files and ``--config``.
    files : paths
        Where it was read from: used to name file and line of a mistake, and to find keys that stand twice.

    Raises
    ------
    ConfigError
        With all mistakes that can be found; its text has a line for each.
    """
    places = Places(files)
    config, problems = parse(raw)
    problems = places.repeated() + problems
    if config is not None:
        parts = {key: raw.get(key) for key in ("datasets", "tasks", "learners")}
        named = {key: list(part) if isinstance(part, Mapping) else [] for key, part in parts.items()}
        told = {path for path, _ in problems}
        problems += [(path, message) for path, message in disagreements(config, named) if path not in told]
    if problems or config is None:
        raise ConfigError([places.tell(path, message) for path, message in problems])
    return config


def learners_of(config: Config, task: str, task_type: str) -> dict[str, LearnerSettings]:
    """Learners of a task: those it names, or all that suit its type, in the config's order."""
    named = config.tasks[task].learners
    if named is not None:
        return {name: one for name, one in config.learners.items() if name in named}
    return {name: one for name, one in config.learners.items() if registry.suits(one, task_type)}


def measures_of(config: Config, task: str, task_type: str) -> list[str]:
    """Measures of a task: those it names, else the common ones that suit its type, else the type's defaults."""
    named = config.tasks[task].measures
    if named is not None:
        return named
    if config.measures is None:
        return list(DEFAULT_MEASURES[task_type])
    return [name for name in config.measures if measure(name).task_type in (task_type, "both")]


def unsuited(config: Config, task_types: Mapping[str, str]) -> list[str]:
    """Common learners and measures that suit no task of the run, a sentence each."""
    kinds = " and ".join(sorted(set(task_types.values())))
    told = []
    used = {name for task, one in task_types.items() for name in learners_of(config, task, one)}
    own = {name for task in config.tasks.values() for name in task.learners or []}
    for name in config.learners:
        if name not in used | own:
            why = registry.reason(config.learners[name])
            told.append(
                f"learners.{name}: suits no task of this config ({kinds}): {why}; change it, or remove the learner"
            )
    for index, name in enumerate(config.measures or []):
        if measure(name).task_type not in ("both", *task_types.values()):
            told.append(f"measures[{index}]: {name} suits no task of this config ({kinds})")
    return told


def disagreements(config: Config, named: Names) -> Iterator[Problem]:
    """What the config alone shows to be impossible.

    Parameters
    ----------
    named : mapping
        Names of datasets, tasks and learners, also of those whose settings are wrong and which ``config`` lacks.
    """
    if not named["tasks"] and not config.scores:
        yield ("tasks",), "is missing: name at least one task (or scores from elsewhere)"
    if named["tasks"] and config.scores:
        yield ("scores",), "cannot be given beside tasks: scores from elsewhere replace fits"
    if named["tasks"] and not named["learners"]:
        yield ("learners",), "is missing: name at least one, for instance featureless: {type: featureless}"
    yield from check_datasets(config.datasets, named["datasets"])
    yield from _names(config)
    yield from _own(config)
    yield from _font(config)
    for name in config.tasks:
        yield from _task(config, name, named)
    yield from _measures(("measures",), config.measures or [])
    if not config.scores:
        yield from _shown(config, named)
        yield from _verdict(config, named)


def _names(config: Config) -> Iterator[Problem]:
    parts: dict[str, Mapping[str, object]] = {"tasks": config.tasks, "learners": config.learners}
    for key, part in parts.items():
        yield from (((key, name), message) for name in part if (message := check_name(name)))
        yield from same_but_for_case(key, part)
    owner: dict[str, str] = {}
    for learner, settings in config.learners.items():
        for algorithm in registry.algorithms(learner, settings):
            other = owner.setdefault(algorithm, learner)
            if other != learner:
                yield ("learners", learner), f"reports as '{algorithm}', as learner '{other}' does; rename one of them"


def _own(config: Config) -> Iterator[Problem]:
    """Readers and figures of the user's own can be imported."""
    wanted: list[tuple[KeyPath, str, str]] = [
        (("figures", "own", index), path, "figure") for index, path in enumerate(config.figures.own)
    ]
    wanted += [
        (("datasets", name, "reader"), one.reader, "reader") for name, one in config.datasets.items() if one.reader
    ]
    for key, path, what in wanted:
        try:
            find_function(path, what)
        except SoakError as error:
            yield key, str(error)
    names = [path.rpartition(".")[2] for path in config.figures.own]
    if again := repeated(names):
        yield ("figures", "own"), f"two figures are called '{again}'; rename one of the functions"


def _font(config: Config) -> Iterator[Problem]:
    """The figures' font is there; not asked in a job, which may run on a machine that draws nothing."""
    if "--mode" not in sys.argv and (problem := font_problem(config.figures.style.font)):
        yield ("figures", "style", "font"), problem


def _task(config: Config, name: str, named: Names) -> Iterator[Problem]:
    task = config.tasks[name]
    known_type = "classification" if task.datasets else task.type
    for index, dataset in enumerate(task.datasets or []):
        if dataset not in named["datasets"]:
            yield ("tasks", name, "datasets", index), _unknown("data set", dataset, named["datasets"])
    for index, learner in enumerate(task.learners or []):
        settings = config.learners.get(learner)
        if learner not in named["learners"]:
            yield ("tasks", name, "learners", index), _unknown("learner", learner, named["learners"])
        elif settings and known_type and not registry.suits(settings, known_type):
            yield (
                ("tasks", name, "learners", index),
                f"learner '{learner}' cannot do {known_type}: {registry.reason(settings)}",
            )
    yield from _measures(("tasks", name, "measures"), task.measures or [], known_type)


def _measures(path: KeyPath, names: Sequence[str], task_type: str | None = None) -> Iterator[Problem]:
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


def _shown(config: Config, named: Names) -> Iterator[Problem]:
    """What single figures are to show exists."""
    for path, name, kind, known in (
        (("focus", "task"), config.focus.task, "task", named["tasks"]),
        (("tutorial", "task"), config.tutorial.task, "task", named["tasks"]),
        (("tutorial", "dataset"), config.tutorial.dataset, "data set", named["datasets"]),
    ):
        if name is not None and name not in known:
            yield path, _unknown(kind, name, known)


def _verdict(config: Config, named: Names) -> Iterator[Problem]:
    """What the verdict goes by exists."""
    algorithms = [one for name, settings in config.learners.items() for one in registry.algorithms(name, settings)]
    complete = len(config.learners) == len(named["learners"])
    if complete and config.verdict.algorithm not in ("best", *algorithms):
        yield ("verdict", "algorithm"), _unknown("algorithm", config.verdict.algorithm, ["best", *algorithms])
    given = [config.measures, *(task.measures for task in config.tasks.values())]
    if all(one is not None for one in given) or config.verdict.measure != "first":
        measures = {name for one in given for name in one or []} or {n for d in DEFAULT_MEASURES.values() for n in d}
        if config.verdict.measure not in ("first", *measures):
            known = ["first", *sorted(measures)]
            yield ("verdict", "measure"), _unknown("measure", config.verdict.measure, known)


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"there is no {kind} '{name}'; {nearest(name, known)}"
