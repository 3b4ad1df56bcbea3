"""What a reader of the verdicts must know beside them: why there is none, what was left out, what few folds cannot see."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from soak.measures import LEAST_TEST_ROWS, Measure, column_measure
from soak.scores.sentences import UNDECIDED, UNEQUAL, names_of
from soak.scores.summaries import first_measures, format_p, measure_columns
from soak.scores.ttests import smallest_seen

ADVISED_FOLDS = 10


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
    """Measures with some scores missing, once for each reason; a measure that the task does not have is not among them."""
    names = [name for name in measure_columns(rows) if rows[name].notna().any()]
    found: dict[tuple[str, int, str], list[str]] = {}
    for name in names:
        missing = rows[rows[name].isna()]
        reasons = _reasons(rows, names, name)[rows[name].isna()]
        for reason in reasons.unique():
            algorithms = missing.loc[reasons == reason, "algorithm"]
            found.setdefault((reason, len(algorithms), ", ".join(algorithms.unique())), []).append(name)
    return [
        f"{n} of {len(rows)} scores of {' and of '.join(measures)} are empty ({algorithms}), {reason}: means, standard "
        "deviations and P values are over the others."
        for (reason, n, algorithms), measures in found.items()
    ]


def _reasons(rows: pd.DataFrame, measures: list[str], measure: str) -> pd.Series:
    """Why a score is empty, for each row."""
    has_none = rows.groupby("algorithm")[measure].transform(lambda values: values.notna().sum() == 0).astype(bool)
    reasons = pd.Series("since it is undefined there (the test rows lack a class, or are all alike)", index=rows.index)
    if column_measure(measure).needs_probabilities:
        reasons[has_none] = "since it needs probabilities"
    # What no model has on some test rows is for want of classes among these rows, not of fits
    test_rows = rows.groupby(["test_subset", "test_fold", "seed"], dropna=False)[measures]
    some_has = test_rows.transform("count").gt(0).any(axis=1)
    reasons[rows[measures].isna().all(axis=1) & some_has] = "since fits failed (see the table fits)"
    reasons[rows["n_train"] == 0] = "since the train sets have no rows"
    reasons[rows["n_train"].isna()] = "as in the file"  # scores from elsewhere
    return reasons


def notes_on(verdicts: pd.DataFrame, scores: pd.DataFrame, alpha: float = 0.05) -> list[str]:
    """Notes on how far the verdicts reach, a sentence each.

    What so few folds cannot see; test sets of few rows; seeds that draw nothing anew; train sets of other and same that
    differ much in size.

    Parameters
    ----------
    verdicts, scores : DataFrame
        The tables of these names.
    alpha : float
        ``verdict.alpha``.
    """
    notes = []
    for task, rows in scores.groupby("task_id", sort=False):
        judged = verdicts[verdicts["task_id"] == task]
        if len(judged):
            texts = [
                _few_folds(judged, alpha, rows["test_fold"].nunique()),
                _uncorrected(judged, alpha),
                _few_rows(rows),
                _repeated_seeds(rows),
                _unequal_sizes(rows),
            ]
            notes += [f"{task}: {text}" for text in texts if text]
    return notes


def _few_folds(verdicts: pd.DataFrame, alpha: float, n_folds: int) -> str:
    """What could have been seen, and what more folds would show: the standard error hardly falls, the t quantile does."""
    n = int(verdicts["n"].max())
    seen = verdicts.loc[verdicts["verdict"] == UNDECIDED, "detectable"].dropna()
    if n < 2 or n_folds >= ADVISED_FOLDS or seen.empty:
        return ""
    measure = column_measure(verdicts["measure"].iloc[0])
    share = smallest_seen(ADVISED_FOLDS, alpha) / smallest_seen(n, alpha)
    now, then = (_range(measure, factor * seen.min(), factor * seen.max()) for factor in (1.0, share))
    return (
        f"where the verdict is undecided, {n} folds show differences of at least {now} in four of five cases; "
        f"{ADVISED_FOLDS} folds with the same spread would show {then} (resampling: {{folds: {ADVISED_FOLDS}}})."
    )


def _uncorrected(verdicts: pd.DataFrame, alpha: float) -> str:
    """Intervals that exclude 0 where the corrected P value does not reach the level."""
    rows = verdicts[(verdicts["p_paired"] < alpha) & ~(verdicts["p_holm"] < alpha)]
    if rows.empty:
        return ""
    names = [f"{row.comparison.replace('-', ' - ')} of {row.test_subset}" for row in rows.itertuples()]
    p = [
        f"{format_p(row.p_paired)} alone, {format_p(row.p_holm).removeprefix('P = ')} corrected"
        for row in rows.itertuples()
    ]
    shown = f"{names[0]}: {p[0]}" if len(rows) == 1 else names_of(names, "{} of them")
    return f"intervals are for one comparison alone, and may exclude 0 where P, corrected for {len(verdicts)} comparisons, decides nothing ({shown})."


def _range(measure: Measure, low: float, high: float) -> str:
    texts = list(dict.fromkeys([measure.number(low), measure.number(high)]))
    return " to ".join(texts) + (" points" if measure.percent else "")


def _few_rows(rows: pd.DataFrame) -> str:
    small = rows[rows["n_test"].notna() & (rows["n_test"] < LEAST_TEST_ROWS)]
    names = list(small["test_subset"].unique())
    if not names:
        return ""
    verb = "has" if len(names) == 1 else "have"
    return f"{names_of(names)} {verb} fewer than {LEAST_TEST_ROWS} test rows in some fold: choose fewer folds, or join subsets."


def _repeated_seeds(rows: pd.DataFrame) -> str:
    n_seeds = rows["seed"].nunique()
    if n_seeds < 2 or (rows["n_train_groups"] < rows["groups"]).any():
        return ""
    return (
        f"the {n_seeds} seeds draw nothing anew, since every train set has its full size: they are averaged here, and "
        "are no new evidence (pvalues.csv counts them as R does)."
    )


def _unequal_sizes(rows: pd.DataFrame) -> str:
    if (rows["n_train_groups"] < rows["groups"]).any():
        return ""
    n_train = rows.groupby(["test_subset", "train_subsets"])["n_train"].mean().unstack()
    if not {"same", "other"} <= set(n_train.columns):
        return ""
    n_train = n_train.where(n_train > 0)  # a subset may be a single group, and have no train rows of its own
    ratio = (n_train["other"] / n_train["same"]).dropna().astype(float)
    ratio = ratio[(ratio > UNEQUAL) | (ratio < 1 / UNEQUAL)]
    if ratio.empty:
        return ""
    texts = list(dict.fromkeys(f"{value:.2g}" for value in (ratio.min(), ratio.max())))
    return (
        f"other has {' to '.join(texts)} times the train rows of same ({names_of(list(ratio.index))}): "
        "resampling: {sizes: 0} compares them at equal size too."
    )


def read_notes(files: Iterable[str | Path]) -> list[str]:
    """What was left out of scores from elsewhere, a sentence each, as rule import_scores wrote it."""
    return [note for file in files for note in Path(file).read_text(encoding="utf-8").splitlines()]
