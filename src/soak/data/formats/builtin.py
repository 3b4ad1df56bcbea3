"""Data sets that need no network."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field

from soak.data.base import DataFormat, RawFile
from soak.data.builtin import LETTERS, SCALE, builtin_images
from soak.data.dataset import Dataset


class Builtin(DataFormat):
    """Small images that come with the workflow: 8 x 8 pixels, ten classes."""

    builtin: Literal["digits", "font_digits", "font_letters"] = Field(
        description="scans of scikit-learn, or characters drawn from fonts"
    )

    @property
    def class_names(self) -> Mapping[str, str]:
        """The letters of font_letters."""
        return {str(label): letter for label, letter in enumerate(LETTERS)} if self.builtin == "font_letters" else {}

    @contextmanager
    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> Iterator[Dataset]:
        """See `soak.data.builtin.builtin_images`."""
        images, labels = builtin_images(self.builtin)
        yield Dataset(name, images.reshape(len(images), -1), SCALE, labels, None, images.shape[1:])
