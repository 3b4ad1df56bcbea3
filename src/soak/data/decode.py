"""From the raw files of a data set to one Arrow file."""

from collections.abc import Mapping
from pathlib import Path

from soak.data.base import DataFormat, RawFile
from soak.files import reporting_disk_errors


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
