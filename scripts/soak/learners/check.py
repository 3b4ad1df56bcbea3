"""What can be told of learners before the first fit: that they fit their task, and what their networks look like."""

import importlib
from collections.abc import Mapping
from typing import Any

from soak.config.learners import LearnerSettings
from soak.errors import SoakError
from soak.learners import registry
from soak.tasks.task import Task


def check_learners(task: Task, learners: Mapping[str, LearnerSettings]) -> dict[str, dict[str, Any]]:
    """Build each learner for a task without training it.

    Returns
    -------
    dict
        Learner name to what is known of it: ``type``, and for a network ``network``, as torch prints it, with its
        number of parameters.

    Raises
    ------
    SoakError
        Naming the learner and, in a network, the operation that does not fit and the shape that reached it.
    """
    return {name: {"type": one.type, **_described(task, name, one)} for name, one in learners.items()}


def _described(task: Task, name: str, settings: LearnerSettings) -> dict[str, Any]:
    if not registry.suits(settings, task.type):
        raise SoakError(f"learners.{name}: a {settings.type} with these settings cannot do {task.type}, as task {task.name} asks")
    describe = getattr(importlib.import_module(registry.module(settings)), "describe", None)
    if describe is None:
        return {}
    try:
        return {"network": describe(settings, task)}
    except SoakError as error:
        raise SoakError(f"task {task.name}: learners.{name}: {error}") from None
