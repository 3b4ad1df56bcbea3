"""What a format of data sets is, and how a data set of any format is decoded."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from soak.data.dataset import Dataset
from soak.data.sources import Source
from soak.files import reporting_disk_errors
from soak.settings import Settings


@dataclass(frozen=True)
class RawFile:
    """A downloaded file.

    Attributes
    ----------
    path : path
    label : str
        What messages call it: the URL or path of the config, see `Source.label`.
    """

    path: Path
    label: str


class DataFormat(Settings):
    """A configured data set: where its rows come from, and how they are read.

    A format is a subclass in a module of its own in `soak.data.formats`. The module's name is the key by which the
    config chooses the format, and one of the class's fields.
    """

    key: ClassVar[str] = ""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys of other formats that people may look for in this one, with what to do instead."""

    rows: int | None = Field(default=None, ge=1, description="number of rows to use, the first ones; default: all")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.key = cls.__module__.rpartition(".")[2]

    @property
    def transpose_of(self) -> str | None:
        """Name of the data set whose transposed images this data set holds; None if it has raw files of its own."""
        return None

    def files(self) -> dict[str, Source]:
        """Each file that `read` needs, by a name that can be a file's name; {} if it needs none."""
        return {}

    def sources(self) -> dict[str, Source]:
        """What is downloaded: `files`, but those with the same source (members of an archive) once, by the first name."""
        first: dict[str, Source] = {}
        for name, source in self.files().items():
            if source not in first.values():
                first[name] = source
        return first

    @property
    def class_names(self) -> Mapping[str, str]:
        """What its labels stand for, where they are numbers of something else."""
        return {}

    def import_paths(self) -> tuple[str, ...]:
        """Import paths of the user's own functions that `read` calls."""
        return ()

    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> AbstractContextManager[Dataset]:
        """Read the rows.

        Parameters
        ----------
        name : str
            The data set's name in the config.
        raw : mapping
            A file for each name of `files`.
        folder : path
            A disk with room for the decoded rows: what is larger than memory is written there and mapped.

        Returns
        -------
        context manager
            Gives the data set, whose arrays may be gone when the context ends. It may have more than ``rows`` rows:
            the rest is dropped.

        Raises
        ------
        SoakError
            A damaged or unsuitable file: one line with the label of the file, what is expected and what was found.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rows of its own")


def decode(name: str, dataset: DataFormat, raw_paths: Mapping[str, str | Path], out_arrow: str | Path) -> None:
    """Decode the raw files of a data set.

    Parameters
    ----------
    name : str
        The data set's name in the config.
    dataset : DataFormat
        Its settings; not those of a transpose, see `soak.data.formats.transpose_of`.
    raw_paths : mapping
        The downloaded file for each name of ``dataset.sources()``.
    out_arrow : path
        What is written, see `soak.data.dataset.Dataset`.

    Raises
    ------
    SoakError
        A raw file that cannot be used, or a disk that cannot be written. Nothing is written then.
    """
    names = {source: name for name, source in dataset.sources().items()}
    paths = {file: Path(raw_paths[names[source]]) for file, source in dataset.files().items()}
    raw = {file: RawFile(paths[file], source.label(paths[file])) for file, source in dataset.files().items()}
    with reporting_disk_errors(out_arrow), dataset.read(name, raw, Path(out_arrow).parent) as read:
        read.first_rows(dataset.rows).write(out_arrow)
