"""The answer in words: is training on other subsets, or on all, better or worse than on the same one?"""

import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from soak.errors import SoakError
from soak.measures import Measure, column_measure
from soak.names import nearest
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import first_measures, format_p, holm, measure_columns, undefined_reason
from soak.tables import TABLES

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
    references: Collection[str] = (),
    failed: Collection[str] = (),
) -> pd.DataFrame:
    """One verdict per task, test subset and comparison.

    Parameters
    ----------
    pvalues, stats : DataFrame
        The tables of these names.
    settings : VerdictSettings
        ``alpha``; ``algorithm``: best or a name; ``measure``: first or a name.
    references : collection of str
        Algorithms that use no features (learners of type featureless, whatever their names): never the best one.
    failed : collection of str
        Algorithms without any score, since their fits failed: they may be named, and have no row.

    Returns
    -------
    DataFrame
        The table verdicts, rows by task, test subset (both in the order of ``pvalues``), other-same before all-same. A
        task with one subset, or whose fits all failed, has no row.

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
            references,
        )
    ]
    return pd.DataFrame(rows, columns=list(TABLES["verdicts"].columns))


def summary(verdicts: pd.DataFrame) -> list[str]:
    """Lines for the terminal: one per task and test subset, its comparisons joined."""
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
    references: Collection[str],
) -> Iterable[dict[str, object]]:
    name = means["measure"].iloc[0] if settings.measure == "first" else settings.measure
    measure = column_measure(name)
    excluded = set(references) - {settings.algorithm}  # unless the config names it
    tests = tests[(tests["measure"] == name) & ~tests["algorithm"].isin(excluded)]
    means = means[(means["measure"] == name) & ~means["algorithm"].isin(excluded)]
    tests = tests.assign(p_own=holm_by_algorithm(tests))  # by which each algorithm would decide alone
    chosen = [
        tests[(tests["test_subset"] == subset) & (tests["algorithm"] == algorithm)]
        for subset in tests["test_subset"].unique()
        if (algorithm := _algorithm(means[means["test_subset"] == subset], settings, measure))
    ]
    if not chosen:
        return
    # Other before all: the question is asked in that order.
    rows = pd.concat([table.sort_values("comparison", ascending=False) for table in chosen])
    rows["p_holm"] = holm(rows["p_paired"])
    subsets = list(means["test_subset"].unique())
    for row in rows.itertuples():
        verdict = _judge(row.mean_diff, row.p_holm, settings.alpha, measure)
        others = [subset for subset in subsets if subset != row.test_subset]
        text = _text(row, verdict, others, measure) + _dissent(row, verdict, tests, settings.alpha, measure)
        yield row._asdict() | {"verdict": verdict, "text": text}


def _algorithm(means: pd.DataFrame, settings: VerdictSettings, measure: Measure) -> str | None:
    """The algorithm that decides for a test subset; the first of equally good ones."""
    same = means[(means["train_subsets"] == "same")]
    if settings.algorithm != "best":
        same = same[same["algorithm"] == settings.algorithm]
    # Of several sizes the full one counts.
    same = same[same["n_train_groups"] == same["n_train_groups"].max()]
    if same.empty:
        return None
    best = same["mean"].idxmax() if measure.greater_is_better else same["mean"].idxmin()
    return str(same.at[best, "algorithm"])


def _judge(mean_diff: float, p: float, alpha: float, measure: Measure) -> str:
    if not p < alpha:  # also where p is undefined
        return NO_DIFFERENCE
    return BETTER if (mean_diff > 0) == measure.greater_is_better else WORSE


def _text(row: Any, verdict: str, others: list[str], measure: Measure) -> str:
    """The verdict as a sentence, with the two means and the p value.

    For instance: "Digits: training on Letters is worse than on Digits itself: 41.2 % against 5.6 % error, corrected
    P = 0.0003 (cv_glmnet_min)".
    """
    undefined = math.isnan(row.p_holm)
    subset = row.test_subset
    other_words = others[0] if len(others) == 1 else f"the other {len(others)} subsets"
    if row.comparison == "other-same":
        claim = f"training on {other_words} is {verdict} than on {subset} itself"
        if undefined:
            claim = f"training on {other_words} cannot be tested against training on {subset} itself"
        elif verdict == NO_DIFFERENCE:
            claim = f"training on {other_words} is not seen to differ from training on {subset} itself"
    else:
        effect = f"makes it {verdict}"
        if undefined:
            effect = "cannot be tested"
        elif verdict == NO_DIFFERENCE:
            effect = "changes nothing seen"
        claim = f"adding {other_words} to {subset} {effect}"
    numbers = f"{measure.format(row.compare_mean)} against {measure.format(row.same_mean)} {measure.label}"
    p = f"{format_p(row.p_holm)}, {undefined_reason(row.n)}" if undefined else f"corrected {format_p(row.p_holm)}"
    return f"{subset}: {claim}: {numbers}, {p} ({row.algorithm})"


def _dissent(row: Any, verdict: str, tests: pd.DataFrame, alpha: float, measure: Measure) -> str:
    """The algorithms that would come to another verdict in the same comparison, by what they would say."""
    by_verdict: dict[str, list[str]] = {}
    for test in tests[(tests["test_subset"] == row.test_subset) & (tests["comparison"] == row.comparison)].itertuples():
        own = _judge(test.mean_diff, test.p_own, alpha, measure)
        if test.algorithm != row.algorithm and own != verdict:
            by_verdict.setdefault(own, []).append(test.algorithm)
    parts = [f"{own} by {', '.join(names)}" for own, names in by_verdict.items()]
    return f" - but {'; '.join(parts)}" if parts else ""


def _check_names(stats: pd.DataFrame, settings: VerdictSettings, failed: Collection[str]) -> None:
    for key, value, default in (("algorithm", settings.algorithm, "best"), ("measure", settings.measure, "first")):
        names = [default, *stats[key].unique()]
        if value not in (*names, *(failed if key == "algorithm" else ())):
            raise SoakError(f"verdict.{key}: no score of {value!r}; {nearest(value, names)}")


def problems(scores: pd.DataFrame, algorithm: str = "best", references: Collection[str] = ()) -> list[str]:
    """One sentence for each reason why a task has no verdict, or one from fewer scores; in the order of the tasks.

    Tasks whose fits all failed, with one subset or one fold only, without same (or with nothing but same), or without
    an algorithm that can decide; and scores that are empty.

    Parameters
    ----------
    scores : DataFrame
        The table scores.
    algorithm : str
        The algorithm that decides: ``verdict.algorithm`` of the config.
    references : collection of str
        Algorithms that use no features.
    """
    found = []
    measures = first_measures(scores)
    for task, rows in scores.groupby("task_id", sort=False):
        if task not in measures:
            found.append(f"{task}: no scores, since all fits failed (see the table fits); it is not drawn.")
            continue
        found += [f"{task}: {text}" for text in _problems_of_design(rows)]
        scored = set(rows.loc[rows[measures[task]].notna(), "algorithm"])
        if algorithm not in ("best", *scored):
            found.append(f"{task}: no score of {algorithm}, which verdict.algorithm names, so there is no verdict.")
        elif scored <= set(references) - {algorithm}:
            found.append(f"{task}: only scores of models that use no features, so there is no verdict.")
        found += [f"{task}: {text}" for text in _empty_scores(rows)]
    return found


def _problems_of_design(rows: pd.DataFrame) -> list[str]:
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


def _empty_scores(rows: pd.DataFrame) -> list[str]:
    """Measures with some scores missing; a measure that the task does not have at all is not among them."""
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
    """What was left out of scores from elsewhere, a sentence each, as rule import_scores wrote it."""
    return [note for file in files for note in Path(file).read_text().splitlines()]
