"""Settings of the verdicts, and of scores that come from elsewhere."""

from pydantic import Field

from soak.settings import Settings


class VerdictSettings(Settings):
    """How the verdict on a task is made."""

    alpha: float = Field(default=0.05, gt=0, lt=1, description="level of the Holm-corrected p values")
    algorithm: str = Field(default="best", description="best, or the name of the algorithm that decides")
    measure: str = Field(default="first", description="first, or the name of the measure that decides")


class ScoresFile(Settings):
    """A score table from elsewhere, for instance of the R package mlr3resampling."""

    file: str = Field(description="path of a .csv or .parquet file")
