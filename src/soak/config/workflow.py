"""The whole config."""

from typing import Annotated, Literal

from pydantic import Field

from soak.data.settings import DatasetSettings
from soak.figures.settings import FigureSettings, FocusSettings, TutorialSettings
from soak.learners.catalog import AnyLearner
from soak.resampling.settings import ResamplingOverride, ResamplingSettings
from soak.scores.settings import ScoresFile, VerdictSettings
from soak.settings import Settings
from soak.tasks.settings import TaskSettings


class Seeds(Settings):
    """Where all random numbers come from."""

    resampling: int = Field(default=1, ge=-(2**31) + 1, lt=2**31, description="R's set.seed before each task's folds")
    train: int = Field(default=1, ge=-(2**31) + 1, lt=2**31, description="set anew before each fit")


class ExecutionSettings(Settings):
    """How the fits are run; changes no number in any table."""

    fits_per_job: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        default="auto",
        description="fits of one task and learner that share a process",
        examples=[10],
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where torch learners train")


class TaskConfig(TaskSettings):
    """A task: its rows and roles, and what it does otherwise than the rest of the config."""

    resampling: ResamplingOverride = Field(
        default=ResamplingOverride(), description="replaces common values", examples=[{"folds": 5}]
    )
    learners: list[str] | None = Field(
        default=None, description="names of learners; default: all that suit", examples=[["featureless", "cv_glmnet"]]
    )
    measures: list[str] | None = Field(
        default=None,
        description="names, as in the common measures; default: those of them that suit",
        examples=[["zero_one_loss", "log_loss"]],
    )


class Config(Settings):
    """The configuration of a run."""

    seed: Seeds = Field(default=Seeds(), examples=[{"resampling": 1, "train": 1}])
    datasets: dict[str, DatasetSettings] = Field(default={}, examples=[{"Digits": {"builtin": "digits"}}])
    tasks: dict[str, TaskConfig] = Field(
        default={}, examples=[{"Trees": {"table": "my.csv", "target": "species", "subset": "region"}}]
    )
    resampling: ResamplingSettings = Field(default=ResamplingSettings(), examples=[{"folds": 5}])
    learners: dict[str, AnyLearner] = Field(default={}, examples=[{"cv_glmnet": {"type": "cv_glmnet"}}])
    measures: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        description="names of sklearn.metrics, and accuracy, roc_auc, r2; or import paths of soak.measures.Measure objects of "
        "one's own; default by task type",
        examples=[["zero_one_loss", "log_loss"]],
    )
    scores: dict[str, ScoresFile] = Field(
        default={},
        description="scores from elsewhere instead of fits",
        examples=[{"published": {"file": "scores.csv"}}],
    )
    tutorial: TutorialSettings = Field(default=TutorialSettings(), examples=[{"task": "Both", "seed": 1}])
    focus: FocusSettings = Field(default=FocusSettings(), examples=[{"test_subset": "Digits"}])
    verdict: VerdictSettings = Field(default=VerdictSettings(), examples=[{"alpha": 0.05}])
    figures: FigureSettings = Field(default=FigureSettings(), examples=[{"formats": ["png", "svg"]}])
    execution: ExecutionSettings = Field(default=ExecutionSettings(), examples=[{"device": "cpu"}])

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
