"""The answer in plain words: is training on other subsets, or on all, better or worse than on the same one?"""

import math
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from soak.errors import SoakError
from soak.measures import Measure, column_measure
from soak.names import nearest
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import first_measures, format_p, holm, measure_columns, undefined_reason

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
        As `soak.scores.summaries.pvalues` and `soak.scores.summaries.stats` give them.
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
    greater = column_measure(measure).greater_is_better
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
            "text": _text(row, verdict, _other_words(others), column_measure(measure)) + _otherwise(otherwise),
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


def _text(row: Any, verdict: str, others: str, shown: Measure) -> str:
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
    numbers = f"{shown.format(row.compare_mean)} against {shown.format(row.same_mean)} {shown.label}"
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


def problems(
    scores: pd.DataFrame, algorithm: str = "best", featureless: Collection[str] = ("featureless",)
) -> list[str]:
    """One sentence for each thing that keeps a task from its verdict, in the order of the tasks.

    A task whose fits all failed, with one subset or one fold only, without same (or anything else than same), without
    an algorithm that can decide, and scores that are empty.

    Parameters
    ----------
    scores : DataFrame
    algorithm : str
        That decides: ``verdict.algorithm`` of the config.
    featureless : collection of str
        Algorithms that use no features.
    """
    found = []
    measures = first_measures(scores)
    for task, rows in scores.groupby("task_id", sort=False):
        if task not in measures:
            found.append(f"{task}: no score could be had (all fits failed, see the table of fits); it is not drawn.")
            continue
        found += [f"{task}: {text}" for text in _design(rows)]
        scored = set(rows.loc[rows[measures[task]].notna(), "algorithm"])
        if algorithm not in ("best", *scored):
            found.append(f"{task}: no score of {algorithm}, which verdict.algorithm names, so there is no verdict.")
        elif scored <= set(featureless) - {algorithm}:
            found.append(f"{task}: only scores of models that use no features, so there is no verdict.")
        found += [f"{task}: {text}" for text in _empty(rows)]
    return found


def _design(rows: pd.DataFrame) -> list[str]:
    texts = []
    subsets = rows["test_subset"].unique()
    trained = set(rows["train_subsets"])
    if len(subsets) == 1:
        texts.append(f"one subset only ({subsets[0]}): nothing to compare, so there is no verdict.")
    elif "same" not in trained:
        texts.append("no scores after training on the same subset: nothing to compare with, so there is no verdict.")
    elif trained == {"same"}:
        texts.append("only scores after training on the same subset: nothing to compare, so there is no verdict.")
    if rows[["test_fold", "seed"]].drop_duplicates().shape[0] == 1:
        texts.append("one fold only: standard deviations and P values are undefined.")
    return texts


def _empty(rows: pd.DataFrame) -> list[str]:
    """Scores that are missing; a measure that the task does not have at all is none of its problems."""
    texts = []
    for measure in measure_columns(rows):
        missing = rows[rows[measure].isna()]
        if 0 < len(missing) < len(rows):
            algorithms = ", ".join(missing["algorithm"].unique())
            texts.append(
                f"{len(missing)} of {len(rows)} scores of {measure} are empty ({algorithms}): means, standard deviations "
                "and P values are over the others."
            )
    return texts


def read_notes(files: Iterable[str | Path]) -> list[str]:
    """What was left out of scores from elsewhere, one line each, as rule import_scores wrote it."""
    return [note for file in files for note in Path(file).read_text().splitlines()]
