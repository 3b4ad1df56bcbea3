"""What can be told of learners before the first fit: that they fit their task, and what their networks look like."""

import importlib
from collections.abc import Mapping
from typing import Any

from soak.config.learners import Estimator, LearnerSettings, TorchSettings
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
        A line for each learner that does not fit; in a network it names the operation and the shape that reached it.
    """
    described, wrong = {}, []
    for name, settings in learners.items():
        try:
            described[name] = {"type": settings.type, **_describe(task, settings)}
        except SoakError as error:
            wrong.append(f"learners.{name}: {error} (task {task.name})")
    if wrong:
        raise SoakError(*wrong)
    return described


def _describe(task: Task, settings: LearnerSettings) -> dict[str, str]:
    if not registry.suits(settings, task.type):
        raise SoakError(f"cannot do {task.type}: {registry.reason(settings)}")
    module = importlib.import_module(registry.module(settings))
    if isinstance(settings, TorchSettings):
        n_features = task.features.shape[1]
        return {"network": module.describe(settings, task.type, n_features, task.image_shape, task.n_outputs)}
    if isinstance(settings, Estimator):
        module.check(settings, task)
    return {}
