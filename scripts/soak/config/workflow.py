"""The whole config."""

from typing import Annotated

from pydantic import Field

from soak.config.base import Settings
from soak.config.data import DatasetSettings, TaskSettings
from soak.config.learners import LearnerSettings
from soak.config.output import FigureSettings, FocusSettings, ScoresFile, TutorialSettings, VerdictSettings
from soak.config.resampling import ExecutionSettings, ResamplingOverride, ResamplingSettings, Seeds


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
        default=None,
        description="names of sklearn.metrics, and accuracy, roc_auc, r2; or import paths of soak.measures.Measure objects of "
        "one's own; default by task type",
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

    def tutorial_dataset(self) -> str | None:
        """The data set of torch_loop and glmnet_path: the last one if none is named, None without data sets."""
        return self.tutorial.dataset or next(reversed(self.datasets), None)

    def tutorial_task(self) -> str | None:
        """The task of history_mlp and history_graph: the last of images if none is named, else the last."""
        of_images = [name for name, task in self.tasks.items() if task.datasets]
        return self.tutorial.task or next(reversed(of_images or list(self.tasks)), None)
