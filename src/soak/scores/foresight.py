"""What a run will be able to see, judged by a trial of one fold: how large a difference must be, and what would help."""

import math
from collections.abc import Collection, Mapping

import pandas as pd

from soak.measures import LEAST_TEST_ROWS, Measure, column_measure
from soak.scores.notes import ADVISED_FOLDS
from soak.scores.sentences import aligned, wrapped_note
from soak.scores.settings import VerdictSettings
from soak.scores.ttests import smallest_seen
from soak.scores.verdicts import FOLDS, verdicts

_HEADER = ("test subset", "rows", "other - same", "all - same", f"{ADVISED_FOLDS} folds", "margin", "to see it")


def foresight(
    scores: pd.DataFrame,
    reference: pd.DataFrame,
    row_errors: pd.DataFrame,
    rows: Mapping[tuple[str, str], int],
    folds: Mapping[str, int],
    settings: VerdictSettings,
    references: Collection[str] = (),
) -> str:
    """The smallest differences that a whole run will see in four of five cases, as a table per task.

    Parameters
    ----------
    scores, reference, row_errors : DataFrame
        Of a trial of one fold: the table scores, those of the reference, and standard errors from single rows (see
        `soak.scores.scoring.Scored`).
    rows : mapping of (task, test subset) to int
        Rows of the test subset in the whole run.
    folds : mapping of task to int
        Folds of the whole run.
    settings : VerdictSettings
    references : collection of str
        Algorithms that use no feature.

    Returns
    -------
    str
        Empty if nothing can be foreseen: no score, or no measure that is a mean over rows.

    Notes
    -----
    The standard error of a mean difference over N rows is sd / sqrt(N), with the sd of the row-wise differences of the
    trial, of which `row_error` adds two. That the folds' train sets differ too is left out: it makes the error larger.
    """
    judged = verdicts(scores, settings, references=references, reference=reference)
    tested = scores[scores["train_subsets"] == "same"].drop_duplicates(["task_id", "test_subset"])
    n_tested = tested.set_index(["task_id", "test_subset"])["n_test"]
    keys = ["task_id", "test_subset", "algorithm", "comparison", "measure"]
    judged = judged.merge(row_errors[[*keys, "row_error"]], on=keys).query("row_error > 0")
    lines = []
    for task, of_task in judged.groupby("task_id", sort=False):
        measure, n_folds = column_measure(of_task["measure"].iloc[0]), folds[str(task)]
        table = [list(_HEADER)]
        for subset, cases in of_task.groupby("test_subset", sort=False):
            n_rows, m = rows[str(task), str(subset)], int(n_tested[task, subset])
            errors = {  # the row error has m + 2 rows: see `soak.scores.ttests.row_error`
                case.comparison: case.row_error * math.sqrt((m + 2) / n_rows) for case in cases.itertuples()
            }
            margin = settings.margin * abs(cases["reference_mean"].iloc[0] - cases["same_mean"].iloc[0])
            table.append(_cells(str(subset), n_rows, n_folds, errors, margin, measure, settings.alpha))
        algorithms = ", ".join(of_task["algorithm"].unique())
        lines += [f"{task} ({measure.axis_label}, {n_folds} folds, {algorithms})"]
        shown = [column for column in zip(*table, strict=True) if any(column[1:])]
        lines += aligned(list(zip(*shown, strict=True)), [column[0] == "rows" for column in shown])
    if not lines:
        return ""
    return "\n".join(
        [
            f"What the whole run will see in four of five cases, at the level {settings.alpha:g}: differences of at least",
            *lines,
            wrapped_note(
                "  (from how the rows of this trial differ; learners that are cut short here may differ less in the whole run)"
            ),
        ]
    )


def _cells(
    subset: str, n_rows: int, n_folds: int, errors: Mapping[str, float], margin: float, measure: Measure, alpha: float
) -> list[str]:
    def seen(comparison: str, folds: int) -> str:
        return measure.number(smallest_seen(folds, alpha) * errors[comparison]) if comparison in errors else ""

    names = ("other-same", "all-same")
    with_more = n_folds < ADVISED_FOLDS <= n_rows / LEAST_TEST_ROWS
    more = ", ".join(filter(None, (seen(name, ADVISED_FOLDS) for name in names))) if with_more else ""
    error = max(errors.values())
    decides = [measure.number(margin), _decides(n_rows, n_folds, error, margin, alpha)] if margin > 0 else ["", ""]
    return [subset, str(n_rows), *(seen(name, n_folds) for name in names), more, *decides]


def _decides(n_rows: int, n_folds: int, error: float, width: float, alpha: float) -> str:
    """With what a difference of so many will be seen: as planned, more folds, or more rows."""
    possible = [n_folds, *(n for n in FOLDS if n_folds < n <= n_rows / LEAST_TEST_ROWS)]
    for folds in possible:
        if smallest_seen(folds, alpha) * error <= width:
            return "as planned" if folds == n_folds else f"{folds} folds"
    best = possible[-1]
    factor = (smallest_seen(best, alpha) * error / width) ** 2
    times = f"{math.ceil(2 * factor) / 2:g}" if factor < 10 else f"{factor:.2g}" if factor < 100 else "over 100"
    return f"{times} times as many rows{f' in {best} folds' if best > n_folds else ''}"
