"""Settings of random numbers and of the execution."""

from typing import Annotated, Literal

from pydantic import Field

from soak.settings import Settings


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
