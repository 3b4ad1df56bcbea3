"""The whole config, and what its parts must agree on."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from soak import measures as known_measures
from soak.config.base import Settings
from soak.config.data import DatasetSettings, TaskSettings, check_datasets
from soak.config.learners import LearnerSettings
from soak.config.names import KeyPath, Problem, check_name, nearest, same_but_for_case
from soak.config.output import FigureSettings, FocusSettings, ScoresFile, TutorialSettings, VerdictSettings
from soak.config.resampling import ExecutionSettings, ResamplingOverride, ResamplingSettings, Seeds
from soak.errors import SoakError

DEFAULT_MEASURES = {
    "classification": ("zero_one_loss", "log_loss"),
    "regression": ("mean_squared_error", "mean_absolute_error"),
}


class TaskConfig(TaskSettings):
    """A task: its rows and roles, and what it does otherwise than the rest of the config."""

    resampling: ResamplingOverride = Field(default=ResamplingOverride(), description="replaces common values")
    learners: list[str] | None = Field(default=None, description="names of learners; default: all that suit")
    measures: list[str] | None = Field(default=None, description="default: the common ones that suit")


class Config(Settings):
    """The configuration of a run."""

    seed: Seeds = Seeds()
    datasets: dict[str, DatasetSettings] = {}
    tasks: dict[str, TaskConfig] = {}
    resampling: ResamplingSettings = ResamplingSettings()
    learners: dict[str, LearnerSettings] = {}
    measures: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="names of sklearn.metrics, and accuracy, roc_auc, r2; default by task type"
    )
    scores: dict[str, ScoresFile] = Field(default={}, description="scores from elsewhere instead of fits")
    tutorial: TutorialSettings = TutorialSettings()
    focus: FocusSettings = FocusSettings()
    verdict: VerdictSettings = VerdictSettings()
    figures: FigureSettings = FigureSettings()
    execution: ExecutionSettings = ExecutionSettings()

    def resampling_of(self, task: str) -> ResamplingSettings:
        """The resampling settings of a task: the common ones with its own in their place."""
        return self.tasks[task].resampling.over(self.resampling)

    def learners_of(self, task: str, task_type: str) -> dict[str, LearnerSettings]:
        """Learners of a task: those it names, or all that suit its type, in the config's order."""
        from soak.learners import registry

        named = self.tasks[task].learners
        if named is not None:
            return {name: self.learners[name] for name in self.learners if name in named}
        return {name: one for name, one in self.learners.items() if registry.suits(one, task_type)}

    def measures_of(self, task: str, task_type: str) -> list[str]:
        """Measures of a task: those it names, else the common ones that suit its type, else the type's defaults."""
        named = self.tasks[task].measures
        if named is not None:
            return named
        if self.measures is None:
            return list(DEFAULT_MEASURES[task_type])
        return [name for name in self.measures if known_measures.measure(name).task_type in (task_type, "both")]

    def tutorial_dataset(self) -> str | None:
        """The data set of torch_loop and glmnet_path: the last one if none is named, None without data sets."""
        return self.tutorial.dataset or next(reversed(self.datasets), None)

    def tutorial_task(self) -> str | None:
        """The task of history_mlp and history_graph: the last of images if none is named, else the last."""
        of_images = [name for name, task in self.tasks.items() if task.datasets]
        return self.tutorial.task or next(reversed(of_images or list(self.tasks)), None)


def disagreements(config: Config) -> Iterator[Problem]:
    """What the config alone shows to be impossible: (key path, message) of each."""
    if not config.tasks and not config.scores:
        yield ("tasks",), "is missing: name at least one task (or scores from elsewhere)"
    if config.tasks and config.scores:
        yield ("scores",), "cannot be given beside tasks: scores from elsewhere replace fits"
    if config.tasks and not config.learners:
        yield (
            ("learners",),
            "is missing: name at least one learner, for instance featureless: {type: featureless}",
        )
    yield from check_datasets(config.datasets)
    yield from _same_names(config)
    yield from _task_references(config)
    yield from _measures(("measures",), config.measures or [])
    yield from _focus(config)


def _same_names(config: Config) -> Iterator[Problem]:
    from soak.learners import registry

    parts: dict[str, Mapping[str, object]] = {"tasks": config.tasks, "learners": config.learners}
    for key, part in parts.items():
        yield from (((key, name), message) for name in part if (message := check_name(name)))
        yield from same_but_for_case(key, part)
    owner: dict[str, str] = {}
    for learner, settings in config.learners.items():
        for algorithm in registry.algorithms(learner, settings):
            other = owner.setdefault(algorithm, learner)
            if other != learner:
                yield (
                    ("learners", learner),
                    f"reports as '{algorithm}', as learner '{other}' does; rename one of them",
                )


def _task_references(config: Config) -> Iterator[Problem]:
    from soak.learners import registry

    for name, task in config.tasks.items():
        known_type = "classification" if task.datasets else task.type
        for index, dataset in enumerate(task.datasets or []):
            if dataset not in config.datasets:
                yield ("tasks", name, "datasets", index), _unknown("data set", dataset, config.datasets)
        for index, learner in enumerate(task.learners or []):
            if learner not in config.learners:
                yield ("tasks", name, "learners", index), _unknown("learner", learner, config.learners)
            elif known_type and not registry.suits(config.learners[learner], known_type):
                yield ("tasks", name, "learners", index), f"learner '{learner}' cannot do {known_type}"
        yield from _measures(("tasks", name, "measures"), task.measures or [], known_type)


def _measures(path: KeyPath, names: list[str], task_type: str | None = None) -> Iterator[Problem]:
    for index, name in enumerate(names):
        try:
            found = known_measures.measure(name)
        except SoakError as error:
            yield (*path, index), str(error)
            continue
        if task_type and found.task_type not in (task_type, "both"):
            yield (*path, index), f"measure '{name}' is for {found.task_type}, the task is a {task_type}"
        if name in names[:index]:
            yield (*path, index), f"measure '{name}' is named twice"


def _focus(config: Config) -> Iterator[Problem]:
    if config.scores:
        return
    for path, name, kind, known in (
        (("focus", "task"), config.focus.task, "task", config.tasks),
        (("tutorial", "task"), config.tutorial.task, "task", config.tasks),
        (("tutorial", "dataset"), config.tutorial.dataset, "data set", config.datasets),
    ):
        if name is not None and name not in known:
            yield path, _unknown(kind, name, known)


def _unknown(kind: str, name: str, known: Mapping[str, object]) -> str:
    return f"there is no {kind} '{name}'; {nearest(name, known)}"
