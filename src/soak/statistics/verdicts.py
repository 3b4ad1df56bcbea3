"""The answer in plain words: is training on other subsets, or on all, better or worse than on the same one?"""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from soak.config.output import VerdictSettings
from soak.errors import SoakError
from soak.names import nearest
from soak.statistics.quantities import Quantity, format_p, greater_is_better, quantity
from soak.statistics.summaries import undefined_reason
from soak.statistics.t_tests import holm

VERDICTS_COLUMNS = (
    "task_id",
    "test_subset",
    "comparison",
    "algorithm",
    "measure",
    "mean_diff",
    "p_holm",
    "verdict",
    "text",
)
BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no difference seen"
RULE = (
    "For each task and test subset: the algorithm (not featureless) with the best mean of the task's first measure when "
    "trained on the same subset; two-sided paired t tests over the folds of all against same and of other against same; "
    "Holm's correction over the task's comparisons."
)
CAUTION = (
    "The folds of a cross-validation share train data, so that their scores are not independent and such P values are "
    "optimistic: a P value just below the level is weak evidence, and few folds show large differences only."
)


def verdicts(
    pvalues: pd.DataFrame,
    stats: pd.DataFrame,
    settings: VerdictSettings,
    *,
    featureless: Collection[str] = ("featureless",),
    failed: Collection[str] = (),
) -> pd.DataFrame:
    """One verdict per task, test subset and comparison.

    Parameters
    ----------
    pvalues, stats : DataFrame
        As `soak.statistics.pvalues` and `soak.statistics.stats` give them.
    settings : VerdictSettings
        ``alpha``; ``algorithm``: best or a name; ``measure``: first or a name.
    featureless : collection of str
        Algorithms that use no features: never the best one.
    failed : collection of str
        Algorithms without any score, since their fits failed: they may be named, and give no row.

    Returns
    -------
    DataFrame
        Columns `VERDICTS_COLUMNS`, rows by task, test subset (both in the order of ``pvalues``), other-same before
        all-same. A task with one subset, or whose fits all failed, has no row.

    Raises
    ------
    SoakError
        If ``settings`` names an algorithm or measure that no task has.
    """
    _check_names(stats, settings, failed)
    rows = [
        row
        for task in pvalues["task_id"].unique()
        for row in _task_rows(
            pvalues[pvalues["task_id"] == task],
            stats[stats["task_id"] == task],
            settings,
            featureless,
        )
    ]
    return pd.DataFrame(rows, columns=list(VERDICTS_COLUMNS))


def summary(verdicts: pd.DataFrame) -> list[str]:
    """What the terminal shows: a line per task and test subset, its comparisons joined."""
    lines = []
    for (task, subset), rows in verdicts.groupby(["task_id", "test_subset"], sort=False):
        parts = [text.removeprefix(f"{subset}: ") for text in rows["text"]]
        lines.append(f"{task}, {subset}: {'; '.join(parts)}")
    return lines


def holm_by_algorithm(pvalues: pd.DataFrame) -> pd.Series:
    """Paired p values, Holm-corrected over the comparisons of each task, algorithm and measure."""
    corrected = pd.Series(np.nan, index=pvalues.index, name="p_holm")
    for rows in pvalues.groupby(["task_id", "algorithm", "measure"], sort=False).indices.values():
        corrected.iloc[rows] = holm(pvalues["p_paired"].iloc[rows])
    return corrected


def _task_rows(
    tests: pd.DataFrame,
    means: pd.DataFrame,
    settings: VerdictSettings,
    featureless: Collection[str],
) -> Iterable[dict[str, object]]:
    measure = means["measure"].iloc[0] if settings.measure == "first" else settings.measure
    greater = greater_is_better(measure)
    baselines = set(featureless) - {settings.algorithm}  # unless the config asks for it
    tests = tests[(tests["measure"] == measure) & ~tests["algorithm"].isin(baselines)]
    means = means[(means["measure"] == measure) & ~means["algorithm"].isin(baselines)]
    tests = tests.assign(p_own=holm_by_algorithm(tests))  # what each algorithm would say by itself
    subsets = list(means["test_subset"].unique())
    chosen = [
        tests[(tests["test_subset"] == subset) & (tests["algorithm"] == algorithm)]
        for subset in tests["test_subset"].unique()
        if (algorithm := _algorithm(means[means["test_subset"] == subset], settings, greater))
    ]
    if not chosen:
        return
    # Other before all: the question is asked in that order.
    rows = pd.concat([table.sort_values("comparison", ascending=False) for table in chosen])
    rows["p_holm"] = holm(rows["p_paired"])
    for row in rows.itertuples():
        verdict = _judge(row.mean_diff, row.p_holm, settings.alpha, greater)
        alike = tests[(tests["test_subset"] == row.test_subset) & (tests["comparison"] == row.comparison)]
        otherwise = {
            other.algorithm: said
            for other in alike.itertuples()
            if other.algorithm != row.algorithm
            and (said := _judge(other.mean_diff, other.p_own, settings.alpha, greater)) != verdict
        }
        others = [subset for subset in subsets if subset != row.test_subset]
        yield {
            **{name: getattr(row, name) for name in VERDICTS_COLUMNS if hasattr(row, name)},
            "verdict": verdict,
            "text": _text(row, verdict, _other_words(others), quantity(measure)) + _otherwise(otherwise),
        }


def _algorithm(means: pd.DataFrame, settings: VerdictSettings, greater: bool) -> str | None:
    """The algorithm that speaks for a test subset; the first of equally good ones."""
    same = means[(means["train_subsets"] == "same")]
    if settings.algorithm != "best":
        same = same[same["algorithm"] == settings.algorithm]
    # Of several sizes the full one counts.
    same = same[same["n_train_groups"] == same["n_train_groups"].max()]
    if same.empty:
        return None
    best = same["mean"].idxmax() if greater else same["mean"].idxmin()
    return str(same.at[best, "algorithm"])


def _judge(mean_diff: float, p: float, alpha: float, greater: bool) -> str:
    if not p < alpha:  # also where p is undefined
        return NO_DIFFERENCE
    return BETTER if (mean_diff > 0) == greater else WORSE


def _other_words(others: list[str]) -> str:
    return others[0] if len(others) == 1 else f"the other {len(others)} subsets"


def _text(row: Any, verdict: str, others: str, shown: Quantity) -> str:
    """For instance: "Digits: training on Letters is worse than on Digits itself: 41.2 % against 5.6 % error, corrected P = 0.0003"."""
    undefined = math.isnan(row.p_holm)
    subset = row.test_subset
    if row.comparison == "other-same":
        same = f"on {subset} itself"
        claim = f"training on {others} is {verdict} than {same}"
        if undefined:
            claim = f"training on {others} cannot be tested against training {same}"
        elif verdict == NO_DIFFERENCE:
            claim = f"training on {others} is not seen to differ from training {same}"
    else:
        said = "cannot be tested" if undefined else f"makes it {verdict}"
        claim = f"adding {others} to {subset} {'changes nothing seen' if not undefined and verdict == NO_DIFFERENCE else said}"
    numbers = f"{shown.format(row.compare_mean)} against {shown.format(row.same_mean)} {shown.word}"
    reason = f", {undefined_reason(row.n)}" if undefined else ""
    p = format_p(row.p_holm) if undefined else f"corrected {format_p(row.p_holm)}"
    return f"{subset}: {claim}: {numbers}, {p}{reason} ({row.algorithm})"


def _otherwise(said: Mapping[str, str]) -> str:
    """Names the algorithms that come to another verdict."""
    if not said:
        return ""
    by_verdict: dict[str, list[str]] = {}
    for algorithm, verdict in said.items():
        by_verdict.setdefault(verdict, []).append(algorithm)
    parts = [f"{verdict} by {', '.join(names)}" for verdict, names in by_verdict.items()]
    return f" - but {'; '.join(parts)}"


def _check_names(stats: pd.DataFrame, settings: VerdictSettings, failed: Collection[str]) -> None:
    for key, value, any_word in (
        ("algorithm", settings.algorithm, "best"),
        ("measure", settings.measure, "first"),
    ):
        known = list(stats[key].unique())
        if value not in (any_word, *known, *(failed if key == "algorithm" else ())):
            raise SoakError(f"verdict.{key}: no score of {value!r}; {nearest(value, [any_word, *known])}")
