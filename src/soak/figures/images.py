"""images and images_rot: what the rows of image data sets look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.figures.catalog import Figure
from soak.figures.page import Drawn, Grid, Page, Panel, in_rows
from soak.labels import Labels
from soak.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 13  # pictures side by side: half an alphabet


@dataclass(frozen=True)
class Images:
    """Inputs of the figures of images.

    Attributes
    ----------
    datasets : sequence of Dataset
    transposed : mapping
        A data set's name to that of the one that it is the transpose of.
    classes : mapping
        A data set's name to the names of its labels, where it has any.
    labels : Labels
        Of data sets, which are subsets.
    """

    datasets: Sequence[Dataset]
    transposed: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)

    @classmethod
    def read(
        cls,
        files: Sequence[str | Path],
        transposed: Mapping[str, str],
        classes: Mapping[str, Mapping[str, str]] | None = None,
        labels: Labels | None = None,
    ) -> "Images":
        """Map data sets from their files."""
        return cls([Dataset.open(file) for file in files], transposed, classes or {}, labels or Labels())


def _as_stored(images: Images, page: Page) -> Drawn | str:
    """The first example of each class, data sets in rows, classes in columns, as stored."""
    return _examples([data for data in images.datasets if data.name not in images.transposed], images, page)


def _corrected(images: Images, page: Page) -> Drawn | str:
    """The same with the transposed data sets in place of their originals."""
    originals = images.transposed.values()
    return _examples([data for data in images.datasets if data.name not in originals], images, page)


def _examples(datasets: Sequence[Dataset], images: Images, page: Page) -> Drawn | str:
    shown = [(dataset, first_examples(dataset)) for dataset in datasets if dataset.image_shape is not None]
    if not shown:
        return "no data set holds images."
    grid = Grid(0.62 * page.scale, gap=0.06, small_titles=True, square=True)
    beside = max(page.text_width(images.labels.subset(dataset.name)) for dataset, _ in shown)
    grid, columns = page.fit(grid, _COLUMNS, beside=min(beside, 1.4, page.names_width) + 0.1)
    rows = []
    for dataset, examples in shown:
        names = images.classes.get(dataset.name, {})
        for line in in_rows(examples, columns):
            rows.append(
                [
                    Panel(
                        partial(draw_picture, values=picture(dataset.features[row], dataset)),
                        grid.width,
                        title=names.get(str(label), str(label)),
                        row_name=images.labels.subset(dataset.name) if line[0] is examples[0] else "",
                    )
                    for label, row in line
                ]
            )
    return Drawn(page.figure(rows, grid), _pixels(shown))


def first_examples(dataset: Dataset) -> list[tuple[Any, int]]:
    """Each class and its first row (0-based), classes in sorted order (numbers by value)."""
    values, rows = np.unique(np.asarray(dataset.label), return_index=True)
    try:
        order = np.argsort(values.astype(float), kind="stable")
    except ValueError:  # not numbers
        order = np.arange(len(values))
    return [(values[place].item(), int(rows[place])) for place in order]


def picture(row: NDArray[Any], source: Dataset | Task) -> NDArray[np.float64]:
    """A row as intensities in [0, 1]: (height, width), or (height, width, 3) for three channels.

    Any other number of channels becomes their mean.
    """
    shape = source.image_shape
    assert shape is not None
    values = np.asarray(row, dtype=float).reshape(shape) / source.scale
    if len(shape) == 2:
        return values
    return np.moveaxis(values, 0, -1) if shape[0] == 3 else values.mean(axis=0)


def draw_picture(
    axes: "Axes", values: NDArray[np.float64], cmap: str = "gray_r", limits: tuple[float, float] = (0, 1)
) -> None:
    """Draw a picture, white to black, without ticks."""
    axes.imshow(values, cmap=cmap, vmin=limits[0], vmax=limits[1], interpolation="nearest", aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)


def pixel_places(shape: tuple[int, ...]) -> dict[str, NDArray[np.int64]]:
    """Columns that say which pixel each value of a row is: i (down), j (right), and channel if there are several."""
    names = ["i", "j"] if len(shape) == 2 else ["channel", "i", "j"]
    return dict(zip(names, np.indices(shape).reshape(len(shape), -1), strict=True))


def _pixels(shown: Sequence[tuple[Dataset, list[tuple[Any, int]]]]) -> pd.DataFrame:
    """One row per pixel drawn: dataset, label, row (0-based), columns of `pixel_places`, value."""
    parts = []
    for dataset, examples in shown:
        assert dataset.image_shape is not None
        places = pixel_places(dataset.image_shape)
        for label, row in examples:
            values = np.asarray(dataset.features[row]).reshape(-1)
            table = pd.DataFrame({"dataset": dataset.name, "label": label, "row": row}, index=range(len(values)))
            parts.append(table.assign(**places, value=values))
    return pd.concat(parts, ignore_index=True)


FIGURES = (
    Figure(
        name="images",
        title="The data: one example per class",
        caption="The first row of each class (columns) of each data set (rows), white to black, as stored. A data set "
        "whose pictures lie on their side needs transpose_of.",
        group="images",
        when=lambda facts: facts.has_datasets,
        draw=_as_stored,
        order=90,
    ),
    Figure(
        name="images_rot",
        title="The data after transposing",
        caption="The same pictures, with the transposed data sets in their corrected orientation: all of them should now be "
        "upright.",
        group="images",
        when=lambda facts: facts.has_datasets and facts.has_transposed,
        draw=_corrected,
        order=100,
    ),
)
