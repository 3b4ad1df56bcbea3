"""images and images_rot: what the rows of image data sets look like."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from soak.figures.captions import title
from soak.figures.layout import Panels, draw_panels, panel_title
from soak.figures.output import FigureFolder

_COLUMNS = 13  # pictures side by side: half an alphabet


class ImageSet(Protocol):
    """A data set of images.

    ``features`` of shape (n, n_pixels) as stored, ``scale`` the value that stands for black (255), one label per row,
    ``image_shape`` (height, width) or (channels, height, width).
    """

    @property
    def name(self) -> str: ...
    @property
    def features(self) -> NDArray[Any]: ...
    @property
    def scale(self) -> float: ...
    @property
    def label(self) -> Sequence[Any] | NDArray[Any]: ...
    @property
    def image_shape(self) -> tuple[int, ...] | None: ...


def images(datasets: Sequence[ImageSet], folder: FigureFolder) -> list[Path]:
    """The first example of each class, data sets in rows, classes in columns, as stored."""
    return _examples(datasets, "images", folder)


def images_rot(datasets: Sequence[ImageSet], folder: FigureFolder) -> list[Path]:
    """The same with the transposed data sets in place of their originals."""
    return _examples(datasets, "images_rot", folder)


def first_examples(dataset: ImageSet) -> list[tuple[Any, int]]:
    """Each class and its first row (0-based), classes in sorted order (numbers by value)."""
    labels = np.asarray(dataset.label)
    values, rows = np.unique(labels, return_index=True)
    order = np.argsort(values.astype(float), kind="stable") if _numeric(values) else np.arange(len(values))
    return [(values[place].item(), int(rows[place])) for place in order]


def picture(row: NDArray[Any], shape: tuple[int, ...], scale: float) -> NDArray[np.float64]:
    """A row as intensities in [0, 1]: (height, width), or (height, width, 3) for three channels."""
    values = np.asarray(row, dtype=float).reshape(shape) / scale
    if len(shape) == 2:
        return values
    return np.moveaxis(values, 0, -1) if shape[0] == 3 else values.mean(axis=0)


def show(axes: Axes, values: NDArray[np.float64]) -> None:
    """Draw a picture, white to black, without ticks."""
    axes.imshow(values, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest", aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)


def _examples(datasets: Sequence[ImageSet], name: str, folder: FigureFolder) -> list[Path]:
    shown = [(dataset, first_examples(dataset)) for dataset in datasets if dataset.image_shape is not None]
    if not shown:
        return []
    style = folder.style
    lines = [
        (dataset, examples[start : start + _COLUMNS], start == 0)
        for dataset, examples in shown
        for start in range(0, len(examples), _COLUMNS)
    ]
    size = 0.62 * style.scale
    names = {dataset.name: style.wrap(dataset.name, 1.3) for dataset, _ in shown}
    label_lines = [
        max(1 + style.wrap(str(label), size, style.small).count("\n") for label, _ in examples)
        for _, examples, _ in lines
    ]
    panels = Panels(
        width=size,
        heights=[size] * len(lines),
        above=[style.line * count + 0.1 for count in label_lines],
        columns=max(len(examples) for _, examples, _ in lines),
        left=max(style.text_width(text) for text in names.values()) + 0.1,
        bottom=0.12,
        gap=0.06,
    )
    with style.applied():
        figure, axes = draw_panels(panels, style, title(name), name)
        for row, (dataset, examples, first) in enumerate(lines):
            for column, place in enumerate(axes[row]):
                if column >= len(examples):
                    place.remove()
                    continue
                label, number = examples[column]
                assert dataset.image_shape is not None
                show(place, picture(dataset.features[number], dataset.image_shape, dataset.scale))
                panel_title(place, style.wrap(str(label), size, style.small), style)
                if column == 0 and first:
                    place.annotate(
                        names[dataset.name], (0, 0.5), (-4, 0), xycoords="axes fraction",
                        textcoords="offset points", ha="right", va="center",
                    )  # fmt: skip
        return folder.save(figure, name, _pixels(shown))


def _pixels(shown: Sequence[tuple[ImageSet, list[tuple[Any, int]]]]) -> pd.DataFrame:
    """One row per pixel drawn: dataset, label, row (0-based), channel if there are several, i (down), j (right), value."""
    parts = []
    for dataset, examples in shown:
        shape = dataset.image_shape
        assert shape is not None
        places = np.indices(shape).reshape(len(shape), -1)
        axes = ["i", "j"] if len(shape) == 2 else ["channel", "i", "j"]
        for label, row in examples:
            part = pd.DataFrame({"dataset": dataset.name, "label": label, "row": row}, index=range(places.shape[1]))
            for axis, values in zip(axes, places, strict=True):
                part[axis] = values
            parts.append(part.assign(value=np.asarray(dataset.features[row]).reshape(-1)))
    return pd.concat(parts, ignore_index=True)


def _numeric(values: NDArray[Any]) -> bool:
    try:
        values.astype(float)
    except ValueError:
        return False
    return True
