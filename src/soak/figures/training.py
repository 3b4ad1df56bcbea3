"""Curves of single fits: torch_loop, glmnet_path, and the histories of torch learners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, Drawn, Grid, Key, Page, Panel
from soak.fitting.record import read_pack
from soak.labels import Labels
from soak.measures import column_measure
from soak.tables import read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_SETS = ("validation", "subtrain")
_LABELS = {"error_percent": "percent error", "loss": "log loss"}  # of the measures in torch_loop.csv


@dataclass(frozen=True)
class History:
    """How one fit of a torch learner went.

    Attributes
    ----------
    curves : DataFrame
        Columns epoch, set, measure, value.
    selected_epochs : int or None
        Epochs that the final fit trains for; None if all.
    fit : str
        Learner, task and train set, for the heading.
    """

    curves: pd.DataFrame
    selected_epochs: int | None
    fit: str


@dataclass(frozen=True)
class Training:
    """Inputs of the figures of single fits; None for a fit that the config lacks or that failed.

    Attributes
    ----------
    torch_loop : DataFrame or None
        Columns epoch, set (validation, subtrain), measure (error_percent, loss), value.
    glmnet_path : DataFrame or None
        Columns set, penalty (descending), complexity (-log10 of the penalty), error_percent; empty if glmnet refused
        the rows.
    dataset : str
        Which data set these two are of.
    histories : mapping of figure name to History
        Of fits on a whole task; for history_selected the first fit of the benchmark that has one.
    """

    torch_loop: pd.DataFrame | None = None
    glmnet_path: pd.DataFrame | None = None
    dataset: str = ""
    histories: Mapping[str, History] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        *,
        torch_loop: str | Path | None,
        glmnet_path: str | Path | None,
        dataset: str,
        histories: Sequence[str | Path],
        history: str | Path,
        fits: str | Path,
        learner: str | None,
        labels: Labels | None = None,
    ) -> "Training":
        """Read the fits from their files.

        Parameters
        ----------
        histories : sequence of paths
            Packs of fits on a whole task, each called as the figure that shows it.
        history, fits : path
            Of these tables.
        learner : str or None
            The learner of history_selected.
        labels : Labels, optional
            Of learners and tasks.
        """
        labels = labels or Labels()
        found = {Path(file).stem: _whole_task(file, labels) for file in histories}
        if learner:
            found["history_selected"] = _first_of_benchmark(read_table(history), read_table(fits), learner, labels)
        return cls(
            read_table(torch_loop) if torch_loop else None,
            read_table(glmnet_path) if glmnet_path else None,
            dataset,
            {name: known for name, known in found.items() if known},
        )


def _whole_task(pack: str | Path, labels: Labels) -> History | None:
    """The history of the only fit in a pack; None if the fit failed."""
    (record,) = read_pack(pack, "history")
    if "history" not in record.tables:
        return None
    curves = record.tables["history"].to_pandas()
    fit = f"{labels.learner(record.learner)}, {labels.task(record.task)}"
    return History(curves, _epochs(record.info.get("selected_epochs")), fit)


def _first_of_benchmark(history: pd.DataFrame, fits: pd.DataFrame, learner: str, labels: Labels) -> History | None:
    """The first fit of a learner in the table of histories; None if there is none."""
    keys = ["task_id", "train_set"]
    history = history[history["algorithm"] == learner]
    if history.empty:
        return None
    task, train_set = history[keys].iloc[0]
    curves = history[(history["task_id"] == task) & (history["train_set"] == train_set)]
    fit = fits[(fits["task_id"] == task) & (fits["train_set"] == train_set) & (fits["learner"] == learner)]
    columns = ["epoch", "set", "measure", "value"]
    shown = f"{labels.learner(learner)}, {labels.task(task)}, {train_set}"
    return History(curves[columns], _epochs(fit["selected_epochs"].item()), shown)


def _epochs(selected: float | None) -> int | None:
    return None if selected is None or pd.isna(selected) else int(selected)


def _torch_loop(training: Training, page: Page) -> Drawn | str:
    """Error and loss per epoch of both sets, minima marked."""
    curves = training.torch_loop
    if curves is None:
        return "no torch loop was fitted."
    panels = [
        _panel(rows, "epoch", "value", _LABELS.get(measure, measure), page)
        for measure, rows in curves.groupby("measure", sort=False)
    ]
    return Drawn(_figure(panels, "epoch", training.dataset, page), curves)


def _glmnet_path(training: Training, page: Page) -> Drawn | str:
    """Error of both sets against the model's complexity, minima marked."""
    curves = training.glmnet_path
    if curves is None or curves.empty:
        return "glmnet refused these rows; results/logs/fit_glmnet_path.log says why."
    panels = [_panel(curves, "complexity", "error_percent", "percent error", page)]
    return Drawn(_figure(panels, "model complexity = -log10(L1 penalty lambda)", training.dataset, page), curves)


def _history(name: str, failed: str, training: Training, page: Page) -> Drawn | str:
    """Measures per epoch of subtrain and validation sets, the selected number of epochs as a vertical line."""
    history = training.histories.get(name)
    if history is None:
        return failed
    curves, selected = history.curves, history.selected_epochs
    panels = []
    for key, rows in curves.groupby("measure", sort=False):
        measure = column_measure(key)
        rows = rows.assign(value=measure.factor * rows["value"])
        panels.append(_panel(rows, "epoch", "value", measure.axis_label, page, selected, minima=False))
    keys = [] if selected is None else [Key(f"selected: {selected}", GREY, line="--")]
    figure = _figure(panels, "epoch", history.fit, page, keys, markers=False)
    return Drawn(figure, curves.assign(selected_epochs=selected))


def _figure(
    panels: Sequence[Panel],
    x_label: str,
    shown: str,
    page: Page,
    more_keys: Sequence[Key] = (),
    *,
    markers: bool = True,
) -> "MatplotlibFigure":
    """Panels one below the other, with one x axis; ``shown`` stands in brackets in the heading."""
    *upper, last = panels
    keys = [Key(name, page.color(name), MARKERS[name] if markers else "", "-") for name in _SETS]
    grid = Grid(
        4.6 * page.scale,
        tick_labels=page.number_width,
        row_gap=0.15,
        heading=f"{page.title} ({shown})" if shown else "",
        legend=[*keys, *more_keys],
    )
    return page.figure([[panel] for panel in (*upper, replace(last, x_label=x_label))], grid)


def _panel(
    curves: pd.DataFrame, x: str, y: str, label: str, page: Page, selected: int | None = None, *, minima: bool = True
) -> Panel:
    """A panel with a line per set, and the minima or the selected x marked."""

    def draw(axes: "Axes") -> None:
        import seaborn as sns
        from matplotlib.ticker import MaxNLocator

        sets = [name for name in _SETS if (curves["set"] == name).any()]
        colors = {name: page.color(name) for name in sets}
        sns.lineplot(
            curves, x=x, y=y, hue="set", hue_order=sets, palette=colors, estimator=None, legend=False, ax=axes, lw=1.2
        )
        if x == "epoch":
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.margins(x=0.02, y=0.12)
        if "loss" in label and (curves[y] > 0).all():
            _log_axis(axes, curves[y])
        if minima:
            _mark_minima(axes, curves, x, y, page)
        if selected is not None:
            axes.axvline(selected, color=GREY, lw=1, ls="--", zorder=1)

    return Panel(draw, 1.5 * page.scale, y_label=label)


def _log_axis(axes: "Axes", values: pd.Series) -> None:
    """A log scale with a few plain numbers, also where it spans less than a decade."""
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    axes.set_yscale("log")
    wide = values.max() > 30 * values.min()
    axes.yaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter("{x:g}")


def _mark_minima(axes: "Axes", curves: pd.DataFrame, x: str, y: str, page: Page) -> None:
    """The first minimum of each line as a point, with its values in words, and where the line ends."""
    texts = []
    for name in _SETS:
        rows = curves[curves["set"] == name]
        if rows.empty:
            continue
        best, last = rows.loc[rows[y].idxmin()], rows.loc[rows[x].idxmax()]
        texts.append(f"{name}: lowest {best[y]:.4g} at {best[x]:.4g}, at the end {last[y]:.4g}")
        axes.plot(best[x], best[y], MARKERS[name], color=page.color(name), ms=6, mec="white", mew=1, zorder=3)
    axes.text(0.99, 0.96, "\n".join(texts), transform=axes.transAxes, ha="right", va="top", size=page.small, color=GREY)


def _says_torch_loop(training: Training) -> str:
    curves = training.torch_loop
    if curves is None or curves.empty:
        return ""
    return _says_epochs(curves[curves["measure"] == "loss"])


def _says_history(name: str, training: Training) -> str:
    history = training.histories.get(name)
    return "" if history is None else _says_epochs(history.curves[history.curves["measure"] == "log_loss"])


def _says_epochs(curves: pd.DataFrame) -> str:
    """Where the validation loss is lowest, and what comes after it."""
    rows = curves[curves["set"] == "validation"].sort_values("epoch")
    if rows.empty:
        return ""
    best, last = rows.loc[rows["value"].idxmin()], rows.iloc[-1]
    start = f"Here validation log loss is lowest at epoch {best['epoch']:.0f} of {last['epoch']:.0f}"
    if best["epoch"] == last["epoch"]:
        return f"{start}, the last one: more epochs may make it lower still."
    rise = last["value"] / best["value"] - 1
    return f"{start}; after the last one it is {100 * rise:.2g} % higher."


def _says_glmnet_path(training: Training) -> str:
    curves = training.glmnet_path
    rows = None if curves is None else curves[curves["set"] == "validation"].sort_values("complexity")
    if rows is None or rows.empty:
        return ""
    best, last = rows.loc[rows["error_percent"].idxmin()], rows.iloc[-1]
    return (
        f"Here validation error is lowest, {best['error_percent']:.1f} %, at complexity {best['complexity']:.2f}; with the "
        f"smallest penalty it is {last['error_percent']:.1f} %."
    )


def _history_figure(name: str, title: str, order: int) -> Figure:
    """The history of a learner that is fitted on a whole task."""
    return Figure(
        name=name,
        title=title,
        caption="Measures per epoch on the subtrain and validation halves of one whole task; log loss on a log scale. The "
        "vertical line is the number of epochs with the lowest validation log loss, which is used for the final fit.",
        says=lambda training: _says_history(name, training),
        group="training",
        when=lambda facts: name in facts.histories,
        draw=lambda training, page: _history(name, "the fit failed, and left no history.", training, page),
        order=order,
    )


FIGURES = (
    Figure(
        name="torch_loop",
        title="A plain torch loop: linear model, full-batch gradient descent",
        caption="Odd rows are the validation set, even rows the subtrain set; log loss on a log scale. Points mark the minimum "
        "of each curve: where validation is lowest, training should stop.",
        says=_says_torch_loop,
        group="training",
        when=lambda facts: facts.has_datasets,
        draw=_torch_loop,
        order=110,
    ),
    Figure(
        name="glmnet_path",
        title="The same data with glmnet's L1 penalty",
        caption="Each penalty lambda of the path gives a model; models get more complex to the right. Points mark the "
        "minimum of each curve: where validation is lowest is the penalty to take.",
        says=_says_glmnet_path,
        group="training",
        when=lambda facts: facts.has_datasets,
        draw=_glmnet_path,
        order=120,
    ),
    _history_figure("history_mlp", "Learning curves of a network", 130),
    _history_figure("history_graph", "Learning curves of a graph of operations", 140),
    Figure(
        name="history_selected",
        title="Early stopping in the first fit of the benchmark",
        caption="Measures per epoch of one train set of the benchmark; log loss on a log scale. The chosen number of epochs "
        "(vertical line) should lie at an intermediate value: at the right end, more epochs would help.",
        says=lambda training: _says_history("history_selected", training),
        group="training",
        when=lambda facts: bool(facts.histories),
        draw=lambda training, page: _history(
            "history_selected", "no fit of the benchmark left a history.", training, page
        ),
        order=150,
    ),
)
