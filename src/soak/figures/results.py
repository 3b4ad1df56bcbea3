"""What the figures of results are drawn from: the tables, and the scores as figures show them.

Figures show each task's first measure, in percent where it is a share of the test rows.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.facts import Facts
from soak.figures.page import MARKERS, TRAIN_SUBSETS, Page
from soak.figures.settings import FocusSettings
from soak.labels import Labels
from soak.measures import Measure, column_measure
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import first_measures, fold_means, pvalues, pvalues_downsample
from soak.scores.verdicts import verdicts
from soak.tables import TABLES, read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 10  # scores of a mean, up to which each is drawn too
KEYS = ["task_id", "test_subset", "train_subsets", "algorithm"]
NO_BREAK = "\N{NO-BREAK SPACE}"
NO_SCORES = "there are no scores (all fits failed, see the table of fits)."


@dataclass(frozen=True)
class Results:
    """Inputs of the figures of results.

    Attributes
    ----------
    scores, pvalues, verdicts : DataFrame
        The tables of these names.
    downsampled : DataFrame or None
        Table pvalues_downsample; None if nothing is down-sampled.
    transfer : DataFrame or None
        Table transfer; None if there are no models of single subsets.
    references : frozenset of str
        Algorithms that use no features (type featureless): drawn last, for the others are compared with them.
    focus : FocusSettings
        Which test subset is looked at closely.
    alpha, margin : float
        Of the verdicts: level of tests and intervals, and the share of what same has learned that counts as similar.
    facts : Facts
        Times of training, sizes of data sets and subsets, kinds of subsets.
    order : sequence of str
        Algorithms that come first, in this order.
    """

    scores: pd.DataFrame
    pvalues: pd.DataFrame
    verdicts: pd.DataFrame
    downsampled: pd.DataFrame | None = None
    transfer: pd.DataFrame | None = None
    references: frozenset[str] = frozenset()
    focus: FocusSettings = field(default_factory=FocusSettings)
    alpha: float = 0.05
    margin: float = 0.1
    facts: Facts = field(default_factory=Facts)
    order: Sequence[str] = ()

    @classmethod
    def read(
        cls,
        scores: str | Path,
        pvalues: str | Path,
        verdicts: str | Path,
        downsampled: str | Path | None = None,
        transfer: str | Path | None = None,
        *,
        references: Collection[str],
        focus: FocusSettings,
        alpha: float = 0.05,
        margin: float = 0.1,
        order: Sequence[str] = (),
        labels: Labels | None = None,
    ) -> "Results":
        """Read the tables from their files, with ``labels`` in the place of names.

        Raises
        ------
        SoakError
            If ``focus`` names what the scores lack.
        """
        focus.check(read_table(scores))
        labels = labels or Labels()
        table, tests, verdict, reduced, cells = (
            labels.shown(read_table(file)) if file else None
            for file in (scores, pvalues, verdicts, downsampled, transfer)
        )
        assert table is not None
        assert tests is not None
        assert verdict is not None
        focus = FocusSettings(
            task=focus.task and labels.task(focus.task),
            test_subset=focus.test_subset and labels.subset(focus.test_subset),
        )
        named = frozenset(map(labels.algorithm, references))
        ordered = tuple(map(labels.algorithm, order))
        return cls(table, tests, verdict, reduced, cells, named, focus, alpha, margin, order=ordered)

    def of_measure(self, name: str) -> "Results":
        """The results as seen by another measure than each task's first; without the tasks that lack it.

        Verdicts are those of that measure too, the reference from the scores themselves.
        """
        columns = [column for column in self.scores.columns if column in TABLES["scores"].columns]
        firsts = first_measures(self.scores)
        rows = self.scores[self.scores["task_id"].map(firsts).fillna(name) != name]
        rows = rows[rows[name].notna().groupby(rows["task_id"]).transform("any")] if name in rows else rows.iloc[:0]
        scores = rows[columns].assign(**{name: rows[name] if name in rows else pd.Series(dtype=float)})
        parts = (self.pvalues, self.verdicts, self.downsampled, self.transfer)
        tests, judged, downsampled, cells = (
            None if part is None else part[(part["measure"] == name) & part["task_id"].isin(scores["task_id"])]
            for part in parts
        )
        assert tests is not None
        assert judged is not None
        other = scores[~scores["task_id"].isin(judged["task_id"])]
        if len(other):  # tasks whose verdicts are of another measure
            settings = VerdictSettings(alpha=self.alpha, margin=self.margin)
            judged = pd.concat([judged, verdicts(other, settings, references=self.references)], ignore_index=True)
        return replace(self, scores=scores, pvalues=tests, verdicts=judged, downsampled=downsampled, transfer=cells)

    @cached_property
    def tests(self) -> pd.DataFrame:
        """The P values, the seeds of a fold averaged first (the table pvalues has R's, which count each seed)."""
        return pvalues(fold_means(self.scores), self.alpha) if self._has_seeds else self.pvalues

    @cached_property
    def equal_tests(self) -> pd.DataFrame | None:
        """Those at full and at equal size: each seed draws other rows, and the mean of a fold is over all of them."""
        if self.downsampled is None or not self._has_seeds:
            return self.downsampled
        return pvalues_downsample(fold_means(self.scores), self.alpha)

    @property
    def _has_seeds(self) -> bool:
        return int(self.scores["seed"].nunique()) > 1

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The scores as figures show them: see `shown_scores`."""
        return shown_scores(self.scores)

    @cached_property
    def full_size(self) -> pd.DataFrame:
        """The same, of splits at their full size."""
        return full_size(self.shown)

    def algorithms(self, table: pd.DataFrame) -> list[str]:
        """The algorithms of a table in the order in which figures show them."""
        return algorithms_of(table, self.references, self.order)


def shown_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per split and algorithm with the value that figures show.

    Parameters
    ----------
    scores : DataFrame
        Columns of scores.csv.

    Returns
    -------
    DataFrame
        `KEYS`, test_fold, seed, groups, n_train_groups, measure (its column in scores.csv) and value (in the unit of
        the measure's axis label); rows in the order of ``scores``, without empty scores and tasks that have no other.
    """
    columns = [*KEYS, "test_fold", "seed", "groups", "n_train_groups"]
    parts = []
    for task, name in first_measures(scores).items():
        rows = scores[scores["task_id"] == task]
        values = column_measure(name).factor * rows[name].astype(float)
        parts.append(rows[columns].assign(measure=name, value=values))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=[*columns, "measure", "value"])
    return table[table["value"].notna()].reset_index(drop=True)


def full_size(shown: pd.DataFrame) -> pd.DataFrame:
    """The splits at their full size."""
    return shown[shown["n_train_groups"] == shown["groups"]]


def mean_sd(shown: pd.DataFrame, more_keys: Sequence[str] = ()) -> pd.DataFrame:
    """Mean, sd (n - 1) and n of the shown values by `KEYS` and ``more_keys``.

    ``low`` and ``high`` are mean ± SD, but not beyond what the measure can be; the mean where there is no SD.
    """
    keys = [*KEYS, *more_keys, "measure"]
    table = shown.groupby(keys, sort=False)["value"].agg(["mean", "std", "size"]).reset_index()
    table = table.rename(columns={"std": "sd", "size": "n"})
    limits = {name: _limits(column_measure(name)) for name in table["measure"].unique()}
    least, most = (table["measure"].map({name: pair[side] for name, pair in limits.items()}) for side in (0, 1))
    sd = table["sd"].fillna(0)
    low, high = table["mean"] - sd, table["mean"] + sd
    return table.assign(
        low=low.where(low > least, least.clip(upper=table["mean"])),
        high=high.where(high < most, most.clip(lower=table["mean"])),
    )


def _limits(measure: Measure) -> tuple[float, float]:
    """What a measure can be, in the unit of its axis; infinite where no limit is known."""
    perfect, worst = (
        math.nan if value is None else measure.factor * value for value in (measure.perfect, measure.worst)
    )
    low, high = (worst, perfect) if measure.greater_is_better else (perfect, worst)
    return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)


def algorithms_of(table: pd.DataFrame, references: Collection[str], order: Sequence[str] = ()) -> list[str]:
    """The algorithms of a table: those of ``order`` first, then the others as the table has them, references last."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(
        table["algorithm"].unique(),
        key=lambda name: (places.get(name, len(places)), name not in places and name in references),
    )


def train_subsets_of(table: pd.DataFrame) -> list[str]:
    """Those of same, other and all that a table has."""
    return [name for name in TRAIN_SUBSETS if (table["train_subsets"] == name).any()]


def axis_of(task: str, name: str) -> str:
    """What panels with one axis share: the measure; also the task, for losses in the unit of its target."""
    measure = column_measure(name)
    in_unit = measure.task_type == "regression" and not measure.greater_is_better and not measure.percent
    return f"{name} of {task}" if in_unit else name


def axes_of(table: pd.DataFrame) -> pd.Series:
    """`axis_of` each row of a table."""
    return pd.Series([axis_of(row.task_id, row.measure) for row in table.itertuples()], index=table.index)


def mean_label(label: str, n: pd.Series) -> str:
    """The label of an axis of means over ``n`` folds: "percent error (mean ± SD, n = 3)", which breaks before the bracket only."""
    most = int(n.max())
    kind = "one fold" if most == 1 else f"mean ± SD, n = {most}"
    return f"{label} ({kind.replace(' ', NO_BREAK)})"


def limits_of(table: pd.DataFrame, single: pd.DataFrame | None = None) -> tuple[float, float]:
    """Limits of an axis that hold all values, or all means ± SD and the ``single`` values beside them, with some room."""
    first, last = ("value", "value") if "value" in table else ("low", "high")
    low, high = float(table[first].min()), float(table[last].max())
    if single is not None and len(single):
        low, high = min(low, float(single["value"].min())), max(high, float(single["value"].max()))
    room = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def ticks_within(low: float, high: float) -> list[float]:
    """A few round numbers in a part of an axis; beside it there is text."""
    from matplotlib.ticker import MaxNLocator

    return [tick for tick in MaxNLocator(4, min_n_ticks=3).tick_values(low, high) if low <= tick <= high]


def measure_of(table: pd.DataFrame) -> Measure:
    """The measure of a table that has one only."""
    return column_measure(table["measure"].iloc[0])


def with_axis_labels(table: pd.DataFrame) -> pd.DataFrame:
    """For a figure's CSV: each measure named as on the axis (percent_error, not zero_one_loss)."""
    names = {name: column_measure(name).axis_label.replace(" ", "_") for name in table["measure"].unique()}
    return table.assign(measure=table["measure"].map(names))


def subset_rows(table: pd.DataFrame, most: int) -> list[list[tuple[str, str]]]:
    """The pairs of task and test subset of a table, in rows of at most ``most`` panels.

    A task starts a new row if its test subsets do not fit into the rest of the last row, or if it has another measure
    (or an axis of its own, see `axis_of`) or other algorithms: then all panels of a row have the same lines.
    """
    rows: list[list[tuple[str, str]]] = [[]]
    before = None
    for task, scores in table.groupby("task_id", sort=False):
        subsets = scores["test_subset"].unique()
        lines = (
            frozenset(scores["algorithm"]),
            frozenset(axis_of(str(task), name) for name in scores["measure"].unique()),
        )
        if rows[-1] and (len(rows[-1]) + len(subsets) > most or lines != before):
            rows.append([])
        before = lines
        for subset in subsets:
            if len(rows[-1]) == most:
                rows.append([])
            rows[-1].append((str(task), str(subset)))
    return [row for row in rows if row]


def mean_marks(axes: "Axes", means: pd.DataFrame, y: Sequence[float], train: str, page: Page) -> None:
    """Mean and SD of rows of `mean_sd`, one at each ``y``."""
    bars = [means["mean"] - means["low"], means["high"] - means["mean"]]
    axes.errorbar(
        means["mean"], y, xerr=bars, fmt=MARKERS[train], color=page.color(train), ms=4.2, lw=1.6, ls="none", zorder=3
    )


def single_marks(axes: "Axes", values: Sequence[float], y: Sequence[float], train: str, page: Page) -> None:
    """Single scores beside their mean: few folds are shown as what they are."""
    axes.plot(values, y, "o", color=page.color(train), ms=2.6, mfc="white", mew=0.7, ls="none", zorder=2.5)


def algorithm_axis(page: Page, algorithms: Sequence[str]) -> "tuple[float, float, Callable[[Axes], None]]":
    """A y axis with a line per algorithm, at 0, -1, -2, …

    Returns
    -------
    width : float
        Of the names, in inches.
    line : float
        Height in inches that a name takes at least.
    apply : function of Axes
        Sets limits and tick labels.
    """
    labels = [page.wrap(name, page.names_width) for name in algorithms]

    def apply(axes: "Axes") -> None:
        axes.set_ylim(0.5 - len(labels), 0.5)
        axes.set_yticks([-number for number in range(len(labels))], labels)

    most = max(1 + label.count("\n") for label in labels)
    return max(map(page.text_width, labels)), most * page.line, apply
