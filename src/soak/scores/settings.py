"""Settings of the verdicts, and of scores that come from elsewhere."""

from pydantic import Field

from soak.settings import Settings


class VerdictSettings(Settings):
    """How the verdict on a task is made."""

    alpha: float = Field(
        default=0.05, gt=0, lt=1, description="level below which a Holm-corrected P value counts as a difference"
    )
    algorithm: str = Field(
        default="best",
        description="name of the algorithm that speaks; best: the one with the best mean of same, other and all together",
    )
    measure: str = Field(default="first", description="name of the measure that counts; first: the first of the task")
    margin: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of what same has learned that other or all may lose, or gain, and still be called similar",
    )


class ScoresFile(Settings):
    """A score table from elsewhere, for instance of the R package mlr3resampling."""

    file: str = Field(description="path of a .csv or .parquet file")
