"""From raw files to one typed table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.data.binary import read_binary, read_byte_labels
from soak.data.builtin import SCALE, builtin_images
from soak.data.dataset import Dataset, check_counts
from soak.data.idx import read_images, read_labels
from soak.data.images_csv import images_csv
from soak.data.number_tables import number_tables
from soak.data.own import read_own
from soak.data.settings import BinaryPart, DatasetSettings, IdxPart
from soak.errors import SoakError
from soak.files import reporting_disk_errors
from soak.matrix import RowsFile, row_blocks


def decode(
    name: str,
    settings: DatasetSettings,
    raw_paths: Mapping[str, str | Path],
    out_arrow: str | Path,
    out_schema: str | Path,
) -> None:
    """Decode the raw files of a data set into one Arrow file and its schema.

    Parameters
    ----------
    name : str
        Of the data set.
    settings : DatasetSettings
        Not of a transpose: see `soak.data.transpose`.
    raw_paths : mapping of source name (see `DatasetSettings.sources`) to path
    out_arrow, out_schema : path
    """
    names = {source: name for name, source in settings.sources().items()}
    raw = {file: Path(raw_paths[names[source]]) for file, source in settings.files().items()}
    with reporting_disk_errors(out_arrow), _decoded(name, settings, raw, Path(out_arrow).parent) as dataset:
        dataset.write(out_arrow, out_schema)


@contextmanager
def _decoded(name: str, settings: DatasetSettings, raw: Mapping[str, Path], folder: Path) -> Iterator[Dataset]:
    where = {file: source.label(raw[file]) for file, source in settings.files().items()}
    if settings.builtin is not None:
        images = builtin_images(settings.builtin)
        n_rows, height, width = images.images.shape
        features = images.images.reshape(n_rows, height * width)
        yield Dataset(name, features, SCALE, images.labels, None, (height, width)).first_rows(settings.rows)
    elif settings.csv is not None:
        with images_csv(raw["csv"], where["csv"], name, settings.rows, folder) as dataset:
            yield dataset
    elif settings.reader is not None:
        yield read_own(settings.reader, raw["file"], where["file"], name).first_rows(settings.rows)
    elif settings.tables is not None:
        with number_tables(name, settings.tables, raw, where, settings.shape, settings.rows, folder) as dataset:
            yield dataset
    elif settings.idx is not None or settings.binary is not None:
        with _stacked_parts(name, settings, raw, where, folder) as dataset:
            yield dataset
    else:
        raise ValueError(f"{name} is a transpose, which is not decoded")


@contextmanager
def _stacked_parts(
    name: str, settings: DatasetSettings, raw: Mapping[str, Path], where: Mapping[str, str], folder: Path
) -> Iterator[Dataset]:
    """The parts of a data set of IDX files or of bytes, one after the other in one matrix."""
    labels: list[NDArray[np.int64]] = []
    parts: list[str | None] = []
    file: RowsFile | None = None
    shape: tuple[int, ...] = ()
    try:
        entries: Sequence[IdxPart | BinaryPart] = settings.idx or settings.binary or []
        for number, part in enumerate(entries, start=1):
            left = None if settings.rows is None else settings.rows - sum(map(len, labels))
            if left == 0:
                break
            images, part_labels = _read_part(settings, number, raw, where, left)
            if file is None:
                shape = images.shape[1:]
                file = RowsFile(folder, math.prod(shape), images.dtype)
            _check_alike(images, shape, file.dtype, where[f"images_{number}"])
            for block in row_blocks(images):
                file.append(block.reshape(len(block), -1))
            labels.append(part_labels)
            parts += [part.part] * len(images)
        assert file is not None
        part_column = None if all(part is None for part in parts) else np.array([part or "" for part in parts])
        scale = 255.0 if file.dtype == np.uint8 else 1.0
        image_shape = shape if len(shape) > 1 else None
        yield Dataset(name, file.matrix(), scale, np.concatenate(labels), part_column, image_shape)
    finally:
        if file is not None:
            file.__exit__()


def _read_part(
    settings: DatasetSettings, number: int, raw: Mapping[str, Path], where: Mapping[str, str], rows: int | None
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Images and labels of one part (they count from 1), the first rows only."""
    images_key, labels_key = f"images_{number}", f"labels_{number}"
    file = raw[images_key], where[images_key]
    if settings.idx is not None:
        idx = settings.idx[number - 1]
        images: NDArray[Any] = read_images(*file, idx.images_member, rows)
        labels = read_labels(raw[labels_key], where[labels_key], idx.labels_member, rows)
    else:
        assert settings.binary is not None
        assert settings.shape is not None
        part = settings.binary[number - 1]
        images, before_images = read_binary(
            *file, part.images_member, settings.shape, settings.by_column, part.labels is None, rows
        )
        if before_images is not None:
            return images, before_images
        labels = read_byte_labels(raw[labels_key], where[labels_key], part.labels_member, rows)
    check_counts(len(images), len(labels), where[images_key], where[labels_key])
    return images, labels


def _check_alike(images: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any], where: str) -> None:
    if images.shape[1:] != shape or images.dtype != dtype:
        raise SoakError(
            f"{where}: holds images of {' x '.join(map(str, images.shape[1:]))} {images.dtype} values, "
            f"but the part before it has {' x '.join(map(str, shape))} {dtype}; all parts must be alike"
        )
