"""confusion_TASK, worst_images_TASK, weights_TASK: what the models of an image task got wrong, and why."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from soak.figures.captions import title
from soak.figures.colors import TRAIN_SUBSETS
from soak.figures.images import picture, show
from soak.figures.layout import Panels, draw_panels, panel_title, side_title
from soak.figures.output import FigureFolder
from soak.figures.style import Style

PREDICTION_COLUMNS = (
    "test_subset",
    "train_subsets",
    "row",  # 0-based row of the task
    "label",
    "response",
    "label_probability",  # may be NaN
    "response_probability",
)
_COLUMNS = 4  # confusion matrices side by side
_MOST_WRITTEN = 15  # classes: beyond, the cells of a matrix hold no numbers
_WORST = 12


def confusion(
    predictions: pd.DataFrame, classes: Sequence[str], task: str, algorithm: str, folder: FigureFolder
) -> list[Path]:
    """A confusion matrix per test subset (columns) and train subsets (rows), of one algorithm.

    Parameters
    ----------
    predictions : DataFrame
        Columns test_subset, train_subsets, label, response: test rows of all folds, full train sizes.
    classes : sequence of str
        All labels, in order.
    """
    counts = _counts(predictions, classes)
    if counts.empty:
        return []
    style = folder.style
    subsets = list(predictions["test_subset"].unique())
    trains = [name for name in TRAIN_SUBSETS if (predictions["train_subsets"] == name).any()]
    lines = [subsets[start : start + _COLUMNS] for start in range(0, len(subsets), _COLUMNS)]
    written = len(classes) <= _MOST_WRITTEN
    size = style.scale * (max(1.6, 0.24 * len(classes)) if written else min(6.0, max(2.4, 0.1 * len(classes))))
    labels = [style.wrap(label, 1.2, style.small) for label in classes]
    label_width = max(style.text_width(label, style.small) for label in labels)
    upright = label_width < 0.9 * size / len(classes)
    below_ticks = (style.line if upright else label_width) + 0.1
    heads = {subset: style.wrap(f"test: {subset}", size) for subset in subsets}
    head = style.line * max(1 + text.count("\n") for text in heads.values()) + 0.12
    room = below_ticks + 1.2 * style.line
    panels = Panels(
        width=size,
        heights=[size] * (len(trains) * len(lines)),
        above=[
            space
            for number in range(len(lines))
            for space in (head + (room + 0.1 if number else 0), *[0.15] * (len(trains) - 1))
        ],
        columns=max(len(line) for line in lines),
        left=label_width + 1.3 * style.line + 0.1,
        right=style.line + 0.1,
        bottom=room + 0.05,
        gap=0.2,
    )
    name = f"confusion_{task}"
    with style.applied():
        figure, axes = draw_panels(panels, style, f"{title(name)} ({algorithm})", name)
        for number, line in enumerate(lines):
            for row, train in enumerate(trains):
                for column, place in enumerate(axes[number * len(trains) + row]):
                    if column >= len(line):
                        place.remove()
                        continue
                    last = row == len(trains) - 1
                    part = counts[(counts["test_subset"] == line[column]) & (counts["train_subsets"] == train)]
                    matrix = part.pivot(index="label", columns="response", values="percent").loc[classes, classes]
                    _matrix(place, matrix.to_numpy(dtype=float), written=written, style=style)
                    _ticks(place, labels, left=column == 0, bottom=last, upright=upright, style=style)
                    if row == 0:
                        panel_title(place, heads[line[column]], style)
                    if column == 0:
                        place.set_ylabel("true class")
                    if column == len(line) - 1:
                        side_title(place, train, style, style.color(train))
                    if last:
                        place.set_xlabel("predicted class")
        return folder.save(figure, name, counts)


def worst_images(
    predictions: pd.DataFrame,
    features: NDArray[Any],
    image_shape: tuple[int, ...],
    scale: float,
    task: str,
    algorithm: str,
    folder: FigureFolder,
) -> list[Path]:
    """The test images whose true class got the lowest probability after training on same, by test subset.

    Parameters
    ----------
    predictions : DataFrame
        Columns `PREDICTION_COLUMNS`; rows without probabilities are not used.
    features : array of shape (n_rows, n_pixels)
        Of the task, as stored.
    scale : float
        The stored value that stands for black.
    """
    same = predictions[(predictions["train_subsets"] == "same") & predictions["label_probability"].notna()]
    wrong = same[same["label"] != same["response"]]
    worst = wrong.sort_values(["label_probability", "row"], kind="stable").groupby("test_subset", sort=False)
    worst = worst.head(_WORST).drop_duplicates(["test_subset", "row"])
    if worst.empty:
        return []
    style = folder.style
    subsets = list(worst["test_subset"].unique())
    size = 0.8 * style.scale
    texts = {
        row.Index: style.wrap(f"{row.label} → {row.response}", size, style.small)
        + f"\n{100 * row.response_probability:.0f} %"
        for row in worst.itertuples()
    }
    names = {subset: style.wrap(subset, 1.3) for subset in subsets}
    panels = Panels(
        width=size,
        heights=[size] * len(subsets),
        above=[style.line * max(1 + text.count("\n") for text in texts.values()) + 0.1] * len(subsets),
        columns=_WORST,
        left=max(style.text_width(text) for text in names.values()) + 0.1,
        bottom=0.12,
        gap=0.08,
    )
    name = f"worst_images_{task}"
    with style.applied():
        figure, axes = draw_panels(panels, style, f"{title(name)} ({algorithm})", name)
        for line, subset in zip(axes, subsets, strict=True):
            rows = list(worst[worst["test_subset"] == subset].itertuples())
            for column, place in enumerate(line):
                if column >= len(rows):
                    place.remove()
                    continue
                show(place, picture(features[rows[column].row], image_shape, scale))
                panel_title(place, texts[rows[column].Index], style)
            _row_name(line[0], names[subset])
        return folder.save(figure, name, worst[list(PREDICTION_COLUMNS)])


def weights(
    models: Mapping[str, NDArray[Any]],
    classes: Sequence[str],
    image_shape: tuple[int, ...],
    task: str,
    folder: FigureFolder,
) -> list[Path]:
    """The weights of linear models as pictures: models in rows, classes in columns.

    Parameters
    ----------
    models : mapping of algorithm to array of shape (n_classes, n_pixels)
        With two classes and one set of weights, shape (1, n_pixels): of the second class.
    """
    if not models:
        return []
    style = folder.style
    size = 0.72 * style.scale
    shown = {model: _per_class(values, len(classes)) for model, values in models.items()}
    names = {model: style.wrap(model, 1.4) for model in shown}
    heads = [style.wrap(label, size, style.small) for label in classes]
    per_line = min(len(classes), 13)
    starts = range(0, len(classes), per_line)
    lines = [(model, start) for start in starts for model in shown]
    head = style.line * max(1 + text.count("\n") for text in heads) + 0.1
    panels = Panels(
        width=size,
        heights=[size] * len(lines),
        above=[head if number % len(shown) == 0 else 0.08 for number in range(len(lines))],
        columns=per_line,
        left=max(style.text_width(text) for text in names.values()) + 0.1,
        bottom=0.12,
        gap=0.08,
    )
    name = f"weights_{task}"
    with style.applied():
        figure, axes = draw_panels(panels, style, title(name), name)
        for number, (model, start) in enumerate(lines):
            _row_name(axes[number][0], names[model])
            for column, place in enumerate(axes[number]):
                if start + column >= len(classes):
                    place.remove()
                    continue
                _weight(place, shown[model][start + column], image_shape)
                if number % len(shown) == 0:
                    panel_title(place, heads[start + column], style)
        return folder.save(figure, name, _weights_table(shown, classes, image_shape))


def _counts(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """One row per cell of each matrix: count, and percent of the test rows of the true class."""
    keys = ["test_subset", "train_subsets", "label", "response"]
    counts = predictions.groupby(keys, sort=False).size()
    panels = list(predictions[keys[:2]].drop_duplicates().itertuples(index=False, name=None))
    index = pd.MultiIndex.from_tuples(
        [(*panel, label, response) for panel in panels for label in classes for response in classes], names=keys
    )
    table = counts.reindex(index, fill_value=0).rename("count").reset_index()
    total = table.groupby(keys[:3], sort=False)["count"].transform("sum")
    return table.assign(percent=100 * table["count"] / total.where(total > 0))


def _matrix(axes: Axes, percent: NDArray[np.float64], *, written: bool, style: Style) -> None:
    """Shares in a row add to 100; an empty row is a class without test rows."""
    texts = np.where(np.isnan(percent) | (percent < 0.5), "", np.char.mod("%.0f", np.nan_to_num(percent)))
    sns.heatmap(
        percent, ax=axes, cmap="Greys", vmin=0, vmax=100, cbar=False, square=True, annot=texts if written else None,
        fmt="", annot_kws={"size": 0.8 * style.small}, linewidths=0.4 if written else 0, linecolor="#e0e0e0",
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.grid(visible=False)


def _ticks(axes: Axes, labels: Sequence[str], *, left: bool, bottom: bool, upright: bool, style: Style) -> None:
    step = 1 if len(labels) <= 2 * _MOST_WRITTEN else 5
    places = list(range(0, len(labels), step))
    axes.set_xticks(
        [place + 0.5 for place in places], [labels[place] for place in places] if bottom else [""] * len(places)
    )
    axes.set_yticks(
        [place + 0.5 for place in places], [labels[place] for place in places] if left else [""] * len(places)
    )
    axes.tick_params(axis="x", labelrotation=0 if upright else 90, labelsize=style.small, length=0)
    axes.tick_params(axis="y", labelrotation=0, labelsize=style.small, length=0)


def _row_name(axes: Axes, text: str) -> None:
    axes.annotate(
        text, (0, 0.5), (-4, 0), xycoords="axes fraction", textcoords="offset points", ha="right", va="center"
    )


def _per_class(values: NDArray[Any], n_classes: int) -> NDArray[np.float64]:
    """Weights by class; those of one logit speak for the second class and against the first."""
    weight = np.asarray(values, dtype=float)
    return np.vstack([-weight, weight]) if len(weight) == 1 and n_classes == 2 else weight


def _weight(axes: Axes, values: NDArray[np.float64], image_shape: tuple[int, ...]) -> None:
    image = values.reshape(image_shape)
    image = image if image.ndim == 2 else image.mean(axis=0)
    most = float(np.abs(image).max()) or 1.0
    show(axes, image)
    axes.images[0].set(cmap="PuOr", clim=(-most, most))


def _weights_table(
    shown: Mapping[str, NDArray[np.float64]], classes: Sequence[str], image_shape: tuple[int, ...]
) -> pd.DataFrame:
    """One row per algorithm, class and pixel."""
    places = np.indices(image_shape).reshape(len(image_shape), -1)
    axes = ["i", "j"] if len(image_shape) == 2 else ["channel", "i", "j"]
    parts = []
    for model, values in shown.items():
        for label, row in zip(classes, values, strict=True):
            part = pd.DataFrame({"algorithm": model, "label": label}, index=range(len(row)))
            parts.append(part.assign(**dict(zip(axes, places, strict=True)), weight=row))
    return pd.concat(parts, ignore_index=True)
