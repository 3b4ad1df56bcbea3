"""What a config makes of a run: its parts agree, and each task has its learners and measures."""

from collections.abc import Mapping

from soak.config.workflow import Config
from soak.learners.base import LearnerType
from soak.measures import DEFAULT_MEASURES, measure


def learners_of(config: Config, task: str, task_type: str) -> dict[str, LearnerType]:
    """Learners of a task: those it names, or all that suit its type, in the config's order."""
    named = config.tasks[task].learners
    if named is not None:
        return {name: one for name, one in config.learners.items() if name in named}
    return {name: one for name, one in config.learners.items() if one.suits(task_type)}


def measures_of(config: Config, task: str, task_type: str) -> list[str]:
    """Measures of a task: those it names, else the common ones that suit its type, else the type's defaults."""
    named = config.tasks[task].measures
    if named is not None:
        return named
    if config.measures is None:
        return list(DEFAULT_MEASURES[task_type])
    return [name for name in config.measures if measure(name).task_type in (task_type, "both")]


def reference_algorithms(config: Config) -> list[str]:
    """Names of the algorithms that tell what guessing gets, with which the others are compared.

    Scores from elsewhere come with names alone: there it is the algorithm that is called featureless.
    """
    if config.scores:
        return ["featureless"]
    return [name for learner, one in config.learners.items() if one.is_reference for name in one.algorithms(learner)]


def unsuited(config: Config, task_types: Mapping[str, str]) -> list[str]:
    """Common learners and measures that suit no task of the run, a sentence each."""
    kinds = " and ".join(sorted(set(task_types.values())))
    told = []
    used = {name for task, one in task_types.items() for name in learners_of(config, task, one)}
    own = {name for task in config.tasks.values() for name in task.learners or []}
    for name in config.learners:
        if name not in used | own:
            _, why = config.learners[name].only_for() or ("", "no task names it")
            told.append(
                f"learners.{name}: suits no task of this config ({kinds}): {why}; change it, or remove the learner"
            )
    for index, name in enumerate(config.measures or []):
        if measure(name).task_type not in ("both", *task_types.values()):
            told.append(f"measures[{index}]: {name} suits no task of this config ({kinds})")
    return told
