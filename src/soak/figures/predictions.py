"""confusion_TASK, worst_images_TASK, weights_TASK: what the models of an image task got wrong, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.figures.catalog import Figure
from soak.figures.images import draw_picture, picture, pixel_places
from soak.figures.page import GREY, TEXT, Drawn, Grid, Page, Panel, in_rows
from soak.figures.results import train_subsets_of
from soak.fitting.record import FitRecord, read_pack
from soak.labels import Labels
from soak.resampling.store import read_splits
from soak.tables import read_table
from soak.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PREDICTION_COLUMNS = (
    "test_subset",
    "train_subsets",
    "row",  # 0-based row of the task
    "label",
    "response",
    "label_probability",  # NaN where the model gives none
    "response_probability",
)
_NO_FIT = "no fit left what it is drawn from."
_NO_IMAGES = "the rows are not images."
_MOST_WRITTEN = 15  # classes: with more, the cells of a matrix have no numbers
_WORST = 12  # images of a test subset
_CLASSES = 13  # weights side by side
_WITHIN_SCALE, _FAR_BEYOND = 0.98, 3.0  # share of weights within the colours if the largest is so many times larger


@dataclass(frozen=True)
class Predictions:
    """Inputs of the figures of predictions.

    Attributes
    ----------
    task : Task
    algorithm : str
        Whose predictions are shown.
    predictions : DataFrame
        Columns `PREDICTION_COLUMNS`: test rows of all folds, full train sizes.
    weights : mapping of algorithm to array of shape (n_classes or 1, n_features)
        Of the linear models; with two classes and one set of weights, those of the second class.
    fit : str
        What these models were trained on.
    """

    task: Task
    algorithm: str
    predictions: pd.DataFrame
    weights: Mapping[str, NDArray[np.float64]]
    fit: str = ""

    @classmethod
    def read(
        cls,
        task: str | Path,
        splits: str | Path,
        predictions: str | Path,
        packs: Sequence[str | Path],
        verdicts: str | Path,
        scores: str | Path,
        labels: Labels | None = None,
    ) -> "Predictions":
        """Read the inputs from the files of a run.

        Parameters
        ----------
        task, splits : path
            Of the task.
        predictions : path
            Folder of the task's tables `soak.tables.PREDICTIONS`, one for each learner.
        packs : sequence of path
            Folders of the task's fits, for the weights of linear models.
        verdicts, scores : path
            Of these tables.
        labels : Labels, optional
            Of subsets and algorithms.
        """
        labels = labels or Labels()
        opened, split_table = Task.open(task), read_splits(splits)
        algorithm = deciding_algorithm(read_table(verdicts), read_table(scores), opened.name)
        first = first_split(split_table)
        train_set = first["train_set"]
        weights: dict[str, NDArray[np.float64]] = {}
        for pack in packs:
            for record in read_pack(pack, "coefficients"):
                if record.train_set == train_set:
                    weights |= weights_of(opened, record)
        return cls(
            opened,
            labels.algorithm(algorithm),
            labels.shown(predictions_of(opened, split_table, Path(predictions), algorithm)),
            {labels.algorithm(name): matrix for name, matrix in weights.items()},
            f"trained on {first['train_subsets']}, test fold {first['test_fold']} left out",
        )


def deciding_algorithm(verdicts: pd.DataFrame, scores: pd.DataFrame, task: str) -> str:
    """The algorithm of most of a task's verdicts (the first of equals); without verdicts its first one."""
    chosen = verdicts.loc[verdicts["task_id"] == task, "algorithm"]
    if len(chosen):
        return str(chosen.value_counts(sort=True).index[0])
    return str(scores.loc[scores["task_id"] == task, "algorithm"].iloc[0])


def first_split(splits: pd.DataFrame) -> dict[str, Any]:
    """The first split that is trained on all, at full size; else the first split."""
    full = splits[splits["n_train_groups"] == splits["groups"]]
    on_all = full[full["train_subsets"] == "all"]
    return dict((on_all if len(on_all) else splits).iloc[0])


def predictions_of(task: Task, splits: pd.DataFrame, folder: Path, algorithm: str) -> pd.DataFrame:
    """What an algorithm predicts for the test rows of all splits at full size, and how sure it is.

    Returns
    -------
    DataFrame
        Columns `PREDICTION_COLUMNS`, a row per split and test row, in the order of the splits.
    """
    tables = (read_table(file, filters=[("algorithm", "=", algorithm)]) for file in sorted(folder.glob("*.parquet")))
    table = next((table for table in tables if len(table)), None)  # an algorithm is of one learner
    if table is None:
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    full = splits.loc[splits["n_train_groups"] == splits["groups"], ["iteration", "test_subset", "train_subsets"]]
    rows = table.merge(full, on="iteration")
    rows["label"] = np.array(task.classes)[task.target[rows["row"]]]
    rows["response"] = rows["response"].astype(str)
    for name in ("label", "response"):
        rows[f"{name}_probability"] = _probability(rows, task.classes, name)
    return rows[list(PREDICTION_COLUMNS)]


def _probability(rows: pd.DataFrame, classes: Sequence[str], column: str) -> NDArray[np.float64]:
    """The predicted probability of the class that a column names; NaN where the model gives none."""
    names = [f"prob.{label}" for label in classes]
    if not set(names) <= set(rows.columns):
        return np.full(len(rows), np.nan)
    codes = rows[column].map({label: code for code, label in enumerate(classes)}).to_numpy()
    probabilities: NDArray[np.float64] = rows[names].to_numpy(dtype=float)[np.arange(len(rows)), codes]
    return probabilities


def weights_of(task: Task, record: FitRecord) -> dict[str, NDArray[np.float64]]:
    """The weights of the linear models of one fit, of the features as they are scaled: algorithm to matrix.

    A record's table "coefficients" has columns s (where a fit has several models), class, feature, value; the weight of
    a feature that it lacks is 0.
    """
    table = record.tables.get("coefficients")
    if table is None or not {"class", "feature"} <= set(table.column_names):
        return {}
    frame = table.to_pandas()
    models: Iterable[tuple[Any, pd.DataFrame]] = frame.groupby("s", sort=False) if "s" in frame else [("", frame)]
    return {f"{record.learner}_{s}" if s else record.learner: _weight_matrix(task, rows) for s, rows in models}


def _weight_matrix(task: Task, rows: pd.DataFrame) -> NDArray[np.float64]:
    places = {name: number for number, name in enumerate(task.feature_names)}
    rows = rows[rows["feature"].isin(list(places))]  # without the intercept
    classes = task.classes
    named = [label for label in classes if (rows["class"] == label).any()]
    # With two classes a model may have the weights of one only: those of the other are their negative.
    order = list(classes) if len(classes) > 2 or len(named) == 2 else named
    sign = -1.0 if len(classes) == 2 and order == [classes[0]] else 1.0
    matrix = np.zeros((len(order) or 1, len(places)))
    lines = rows["class"].map({label: number for number, label in enumerate(order)}).to_numpy(dtype=int)
    matrix[lines, rows["feature"].map(places).to_numpy(dtype=int)] = sign * rows["value"].to_numpy(dtype=float)
    return matrix


def _confusion(inputs: Predictions, page: Page) -> Drawn | str:
    """A confusion matrix per test subset (columns) and train subsets (rows), of one algorithm."""
    if inputs.predictions.empty:
        return _NO_FIT
    classes = inputs.task.classes
    counts = _confusion_counts(inputs.predictions, classes)
    subsets, trains = list(inputs.predictions["test_subset"].unique()), train_subsets_of(inputs.predictions)
    size = page.scale * (max(1.6, 0.24 * len(classes)) if len(classes) <= _MOST_WRITTEN else _size(len(classes)))
    labels = [page.wrap(label, 1.2, page.small) for label in classes]
    labels_width = max(page.text_width(label, page.small) for label in labels)
    columns = min(4, len(subsets))
    n_width = (
        page.text_width("0" * len(str(int(counts["count"].max()))), page.small) + 0.1
        if len(classes) <= _MOST_WRITTEN
        else 0.0
    )
    grid = Grid(size, tick_labels=labels_width, gap=0.2 + n_width, written=n_width, square=True)
    grid, columns = page.fit(grid, columns, least=min(size, 1.6), beside=2 * page.line + 0.2)
    size = grid.width
    upright = labels_width < 0.9 * size / len(classes)

    def draw(axes: "Axes", subset: str, train: str) -> None:
        part = counts[(counts["test_subset"] == subset) & (counts["train_subsets"] == train)]
        matrix = part.pivot(index="label", columns="response", values="percent").loc[list(classes), list(classes)]
        _draw_matrix(axes, matrix.to_numpy(dtype=float), size, page)
        if n_width:
            _write_counts(axes, part.groupby("label", sort=False)["count"].sum()[list(classes)], page)
        _class_ticks(axes, labels, upright=upright, page=page)

    rows = [
        [
            Panel(
                partial(draw, subset=subset, train=train),
                size,
                title=f"test: {subset}" if train == trains[0] else "",
                x_label="predicted class" if train == trains[-1] else "",
                y_label="true class",
                side=train if subset == line[-1] else "",
                side_color=page.color(train),
            )
            for subset in line
        ]
        for line in in_rows(subsets, columns)
        for train in trains
    ]
    ticks = page.line * (1 + max(label.count("\n") for label in labels)) if upright else labels_width
    grid = replace(
        grid, tick_height=ticks, row_gap=0.15 + (page.line if n_width else 0), heading=_heading(inputs, page)
    )
    return Drawn(page.figure(rows, grid), counts)


def _size(n_classes: int) -> float:
    """Side of a matrix without numbers in its cells."""
    return min(6.0, max(2.4, 0.1 * n_classes))


def _heading(inputs: Predictions, page: Page) -> str:
    return f"{page.title} ({inputs.algorithm})"


def _confusion_counts(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
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


def _write_counts(axes: "Axes", counts: pd.Series, page: Page) -> None:
    """Right of each row the number of test rows of its class."""
    style: dict[str, Any] = {"size": 0.8 * page.small, "color": GREY, "annotation_clip": False, "va": "center"}
    for place, count in enumerate(counts):
        axes.annotate(str(count), (len(counts), place + 0.5), (3, 0), textcoords="offset points", **style)
    axes.annotate("n", (len(counts), 0), (3, 5), textcoords="offset points", **style)


def _draw_matrix(axes: "Axes", percent: NDArray[np.float64], size: float, page: Page) -> None:
    """Shares in a row add to 100; an empty row is a class without test rows."""
    import seaborn as sns

    written = len(percent) <= _MOST_WRITTEN and size / len(percent) > page.text_width("100", 0.8 * page.small)
    texts = np.where(np.isnan(percent) | (percent < 0.5), "", np.char.mod("%.0f", np.nan_to_num(percent)))
    sns.heatmap(
        percent, ax=axes, cmap="Greys", vmin=0, vmax=100, cbar=False, square=True, annot=texts if written else None,
        fmt="", annot_kws={"size": 0.8 * page.small}, linewidths=0.4 if written else 0, linecolor="#e0e0e0",
    )  # fmt: skip
    axes.grid(visible=False)


def _class_ticks(axes: "Axes", labels: Sequence[str], *, upright: bool, page: Page) -> None:
    """A label per class; of many classes every fifth."""
    places = range(0, len(labels), 1 if len(labels) <= 2 * _MOST_WRITTEN else 5)
    named = [labels[place] for place in places]
    axes.set_xticks([place + 0.5 for place in places], named)
    axes.set_yticks([place + 0.5 for place in places], named)
    axes.tick_params(axis="x", labelrotation=0 if upright else 90, labelsize=page.small, length=0)
    axes.tick_params(axis="y", labelrotation=0, labelsize=page.small, length=0)


def _worst_images(inputs: Predictions, page: Page) -> Drawn | str:
    """The test images whose true class got the lowest probability after training on same, by test subset."""
    task, predictions = inputs.task, inputs.predictions
    if task.image_shape is None:
        return _NO_IMAGES
    same = predictions[(predictions["train_subsets"] == "same") & predictions["label_probability"].notna()]
    wrong = same[same["label"] != same["response"]]
    worst = wrong.sort_values(["label_probability", "row"], kind="stable").groupby("test_subset", sort=False)
    worst = worst.head(_WORST).drop_duplicates(["test_subset", "row"])
    if worst.empty:
        return "no image was predicted wrongly after training on same, or no model gives probabilities."
    grid = Grid(0.8 * page.scale, gap=0.08, small_titles=True, square=True, heading=_heading(inputs, page))
    beside = max(page.text_width(str(name)) for name in worst["test_subset"].unique())
    grid, columns = page.fit(grid, _WORST, beside=min(beside, 1.4, page.names_width) + 0.1)
    rows = [
        [
            Panel(
                partial(draw_picture, values=picture(task.features[row.row], task)),
                grid.width,
                title=f"{row.label} → {row.response}\n{100 * row.response_probability:.0f} %",
                row_name=subset if number == 0 else "",
            )
            for row in line
        ]
        for subset, part in worst.groupby("test_subset", sort=False)
        for number, line in enumerate(in_rows(list(part.itertuples()), columns))
    ]
    return Drawn(page.figure(rows, grid), worst[list(PREDICTION_COLUMNS)])


def _weights(inputs: Predictions, page: Page) -> Drawn | str:
    """The weights of linear models as pictures: models in rows, classes in columns."""
    task = inputs.task
    if task.image_shape is None:
        return _NO_IMAGES
    if not inputs.weights:
        return _NO_FIT
    models = {name: _per_class(matrix, len(task.classes)) for name, matrix in inputs.weights.items()}
    first = next(iter(models))
    most = {name: _end_of_scale(matrix) for name, matrix in models.items()}
    scale = 0.16 + max(page.text_width(f"≥ -{value:.2g}", page.small) for value, _ in most.values())
    heading = f"{page.title} ({inputs.fit})" if inputs.fit else page.title
    grid = Grid(
        0.72 * page.scale, gap=0.08, row_gap=0.12, small_titles=True, square=True, right=scale + 0.08, heading=heading
    )
    beside = min(1.4, page.names_width, max(map(page.text_width, models))) + 0.1
    grid, columns = page.fit(grid, _CLASSES, beside=beside)
    rows = [
        [
            Panel(
                partial(
                    _draw_weights,
                    weights=models[model][number],
                    shape=task.image_shape,
                    most=most[model],
                    scale=page.small if number == line[-1] else 0.0,
                ),
                grid.width,
                title=task.classes[number] if model == first else "",
                row_name=model,
            )
            for number in line
        ]
        for line in in_rows(range(len(task.classes)), columns)
        for model in models
    ]
    return Drawn(page.figure(rows, grid), _weights_table(models, task))


def _per_class(weights: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Weights by class; those of one logit are the second class's, and with the other sign the first's."""
    return np.vstack([-weights, weights]) if len(weights) == 1 and n_classes == 2 else weights


def _end_of_scale(weights: NDArray[np.float64]) -> tuple[float, str]:
    """Where the colours of a model end, and the sign before it: "≥ " if few weights beyond would leave all others white."""
    sizes = np.abs(weights[weights != 0])
    if not len(sizes):
        return 1.0, ""
    largest, nearly_all = float(sizes.max()), float(np.quantile(sizes, _WITHIN_SCALE))
    return (nearly_all, "≥ ") if largest > _FAR_BEYOND * nearly_all else (largest, "")


def _draw_weights(
    axes: "Axes", weights: NDArray[np.float64], shape: tuple[int, ...], most: tuple[float, str], scale: float
) -> None:
    """The weights of a class; right of them the scale of the model, in letters of that size, unless it is 0."""
    image = weights.reshape(shape)
    image = image if image.ndim == 2 else image.mean(axis=0)
    end, sign = most
    draw_picture(axes, image, "PuOr", (-end, end))
    if scale:
        bar = axes.inset_axes((1.12, 0.0, 0.1, 1.0))
        draw_picture(bar, np.linspace(end, -end, 64)[:, None], "PuOr", (-end, end))
        bar.set_aspect("auto")
        for place, text in ((1, f"{sign}{end:.2g}"), (0.5, "0"), (0, f"{sign.replace('≥', '≤')}{-end:.2g}")):
            bar.annotate(
                text, (1, place), (3, 0), xycoords="axes fraction", textcoords="offset points", size=scale,
                va={0: "bottom", 0.5: "center", 1: "top"}[place],
                annotation_clip=False, color=TEXT,
            )  # fmt: skip


def _weights_table(models: Mapping[str, NDArray[np.float64]], task: Task) -> pd.DataFrame:
    """One row per algorithm, class and pixel."""
    assert task.image_shape is not None
    places = pixel_places(task.image_shape)
    parts = [
        pd.DataFrame({"algorithm": model, "label": label, **places, "weight": row})
        for model, matrix in models.items()
        for label, row in zip(task.classes, matrix, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


FIGURES = (
    Figure(
        name="confusion",
        title="What was confused",
        caption="Rows: true class; columns: predicted class; share of the true class's test rows (n) in percent, all folds "
        "together, with the verdict's algorithm. The diagonal is correct; dark cells off it are confusions.",
        group="predictions",
        when=lambda facts: facts.has_image_tasks,
        draw=_confusion,
        order=160,
    ),
    Figure(
        name="worst_images",
        title="The worst test images",
        caption="The test images whose true class got the lowest probability, all folds together, after training on same: "
        "true class, then what was predicted with its probability. Wrong labels and odd scans show here.",
        group="predictions",
        when=lambda facts: facts.has_image_tasks,
        draw=_worst_images,
        order=170,
    ),
    Figure(
        name="weights",
        title="What the linear models look at",
        caption="The weight of each pixel for each class: purple speaks for the class, orange against it, white is not "
        "used. Each model has the scale at its right; ≥ at its end says that a few weights lie far beyond it. "
        "L1 (glmnet) uses few pixels, gradient descent spreads over many.",
        group="predictions",
        when=lambda facts: facts.has_image_tasks,
        draw=_weights,
        order=180,
    ),
)
