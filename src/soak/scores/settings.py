"""Settings of the verdicts, and of scores that come from elsewhere."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from soak.data.settings import Hashes, Locations
from soak.data.sources import Source, file_name, is_remote, local_path
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


def _renamed(value: Any) -> Any:
    """A list of names as a mapping of each to itself."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: name for name in value}
    return value


class ScoresFile(Settings):
    """A table from elsewhere, for instance of the R package mlr3resampling: of scores, times, or facts of data sets."""

    file: Locations = Field(description="path or URL of a .csv or .parquet file, or a list of mirrors, tried in order")
    hash: Hashes = Field(default=[])
    tasks: (
        Annotated[dict[str, str], BeforeValidator(_renamed, json_schema_input_type=list[str] | dict[str, str])] | None
    ) = Field(
        default=None,
        description="tasks to read; a mapping also gives each its name here, as is needed where two files have tasks of one name; "
        "default: all",
        examples=[{"EMNIST": "EMNIST_networks"}],
    )

    @property
    def is_own_file(self) -> bool:
        """Whether the file is read where it is: a single path, without a checksum."""
        return len(self.file) == 1 and not is_remote(self.file[0]) and not self.hash

    def source(self, folder: str | None = None) -> Source:
        """Where the file can be had: in a folder, under its name and also compressed, before its own places."""
        name = file_name(self.file[0])
        before = [f"{folder}/{name}", f"{folder}/{name}.gz"] if folder else []
        return Source((*(path for path in before if local_path(path).is_file()), *self.file), tuple(self.hash))
