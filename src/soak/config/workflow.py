"""The model of the whole config, composed of the settings of each step."""

from typing import Annotated, Literal

from pydantic import Field

from soak.data.catalog import AnyDataset
from soak.figures.settings import FigureSettings, FocusSettings, TutorialSettings
from soak.labels import LabelSettings
from soak.learners.catalog import AnyLearner
from soak.resampling.settings import ResamplingOverride, ResamplingSettings
from soak.scores.settings import ScoresFile, VerdictSettings
from soak.settings import Label, Settings
from soak.tasks.settings import TaskSettings


class Seeds(Settings):
    """Seeds of all random numbers."""

    resampling: int = Field(
        default=1,
        ge=-(2**31) + 1,
        lt=2**31,
        description="set before the folds of each task are drawn, as by R's set.seed",
    )
    train: int = Field(default=1, ge=-(2**31) + 1, lt=2**31, description="set before each fit")


class ExecutionSettings(Settings):
    """How fits are run. Nothing here changes a number in any table, except that a GPU rounds differently, and that a fit which
    takes longer than `fit_minutes` has no scores."""

    fits_per_job: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        default="auto",
        description="number of fits of one task and learner that share a job; auto: as many as take half a minute",
        examples=[10],
    )
    fit_minutes: Annotated[float, Field(ge=0.05, le=1_000_000)] | None = Field(
        default=None,
        description="the longest time that one fit and its predictions may take; a fit that takes longer is ended and counts as failed",
        examples=[60],
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="where torch learners train; auto: on a GPU if there is one"
    )


class TaskConfig(TaskSettings):
    """The rows of a task, the roles of its columns, and settings in which it differs from the rest of the config."""

    label: Label | None = Field(
        default=None, description="what figures, report and sentences call it", examples=["Trees of Arizona"]
    )
    resampling: ResamplingOverride = Field(
        default=ResamplingOverride(),
        description="values for this task that replace the common ones",
        examples=[{"folds": 5}],
    )
    learners: list[str] | None = Field(
        default=None,
        description="names of learners; default: all that suit the task",
        examples=[["featureless", "cv_glmnet"]],
    )
    measures: list[str] | None = Field(
        default=None,
        description="names of measures; default: those of the common ones that suit the task",
        examples=[["zero_one_loss", "log_loss"]],
    )


class Config(Settings):
    """The configuration of a run."""

    seed: Seeds = Field(default=Seeds(), examples=[{"resampling": 1, "train": 1}])
    datasets: dict[str, AnyDataset] = Field(default={}, examples=[{"Digits": {"builtin": "digits"}}])
    tasks: dict[str, TaskConfig] = Field(
        default={}, examples=[{"Trees": {"table": "my.csv", "target": "species", "subset": "region"}}]
    )
    resampling: ResamplingSettings = Field(default=ResamplingSettings(), examples=[{"folds": 5}])
    learners: dict[str, AnyLearner] = Field(default={}, examples=[{"cv_glmnet": {"type": "cv_glmnet"}}])
    measures: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        description="names from the catalogue, or import paths of your own; default: by the type of each task",
        examples=[["zero_one_loss", "log_loss"]],
    )
    scores: dict[str, ScoresFile] = Field(
        default={},
        description="scores computed elsewhere, instead of tasks",
        examples=[{"published": {"file": "scores.csv"}}],
    )
    scores_folder: str | None = Field(
        default=None,
        description="folder in which files of scores are looked for first, by the last part of their URL, also compressed (.gz)",
        examples=["downloads"],
    )
    subset_types: dict[str, list[str]] = Field(
        default={},
        description="kinds of subsets, each with its tasks: for the colours of the figures ladder and volcano, and a column of the "
        "table datasets; default: the name of the subset column",
        examples=[{"time or place": ["Trees"]}],
    )
    tutorial: TutorialSettings = Field(default=TutorialSettings(), examples=[{"task": "Both", "seed": 1}])
    focus: FocusSettings = Field(default=FocusSettings(), examples=[{"test_subset": "Digits"}])
    verdict: VerdictSettings = Field(default=VerdictSettings(), examples=[{"alpha": 0.05}])
    labels: LabelSettings = Field(default=LabelSettings(), examples=[{"subsets": {"N": "North"}}])
    figures: FigureSettings = Field(default=FigureSettings(), examples=[{"formats": ["png", "svg"]}])
    execution: ExecutionSettings = Field(default=ExecutionSettings(), examples=[{"device": "cpu"}])

    def resampling_of(self, task: str) -> ResamplingSettings:
        """The resampling settings of a task: the common ones with its own in their place."""
        return self.tasks[task].resampling.over(self.resampling)
