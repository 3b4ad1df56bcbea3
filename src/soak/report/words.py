"""Paragraphs of the report: the rule of the verdicts, how far to trust them, and the methods section of a paper."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from soak.measures import column_measure
from soak.names import counted
from soak.scores.sentences import names_of
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import first_measures

CAUTION = (
    "The folds of a cross-validation share train data. Where two subsets are of one distribution, simulation finds 2 to 7 % "
    "false alarms at the level 0.05, and intervals at 95 % cover the truth in 93 to 98 % (docs/verdicts.md). With three folds "
    "only large differences are seen; ten are better."
)
_TRAINED = {"same": "the same subset", "other": "the other subsets", "all": "all subsets"}


def rule(verdict: VerdictSettings, folds: str) -> str:
    """How a verdict is reached, with the settings of this run.

    Parameters
    ----------
    verdict : VerdictSettings
        With the algorithm's label.
    folds : str
        How many there are, as "3 folds".
    """
    by = "the task's first measure" if verdict.measure == "first" else column_measure(verdict.measure).label
    speaks = (
        f"For each test subset one algorithm speaks: the one with the best mean, by {by}, over same, other and all together "
        "(never featureless)."
        if verdict.algorithm == "best"
        else f"{verdict.algorithm} speaks for every test subset, by {by}."
    )
    margin = f"{100 * verdict.margin:g} %"
    return (
        f"{speaks} A difference is the mean over {folds}, with its paired t interval at {_level(verdict)}; P values are "
        f"Holm-corrected over the task's comparisons. Better or worse: a corrected P value below {verdict.alpha:g}. Nothing "
        f"learned: neither model is shown to beat guessing, and the skill of same is at most {margin}. Similar: same is shown to "
        f"beat guessing, and the whole interval lies within the margin, {margin} of what same has learned. Undecided: none of "
        "these, which is not the same as no difference."
    )


def methods(tables: Mapping[str, pd.DataFrame], verdict: VerdictSettings, facts: Mapping[str, str], seed: Any) -> str:
    """A paragraph for the methods section of a paper; to be completed by what only its author knows.

    Parameters
    ----------
    tables : mapping of name to DataFrame
        Those of the report, with labels. Without ``fits`` the scores are from elsewhere.
    verdict : VerdictSettings
        With the algorithm's label.
    facts : mapping of str to str
        Versions: ``soak`` and ``Python``.
    seed : mapping or None
        The key of the config.
    """
    return " ".join(
        [
            *_design(tables["scores"]),
            *(_comparisons(tables, verdict) if len(tables["verdicts"]) else ()),
            _computation("fits" in tables, facts, seed or {}),
        ]
    )


def _design(scores: pd.DataFrame) -> list[str]:
    """Which models predicted what."""
    low, high = _folds(scores)
    n_folds = f"{low}" if low == high else f"{low}- to {high}"
    trained = [words for name, words in _TRAINED.items() if (scores["train_subsets"] == name).any()]
    algorithms = [str(name) for name in scores["algorithm"].unique()]
    sentences = [
        "To ask whether subsets of the data are similar enough to learn from each other, we used SOAK (same/other/all K-fold "
        f"cross-validation; Hocking et al., 2026). In {n_folds}-fold cross-validation, each fold of each subset was predicted "
        f"by models trained on the other folds of {names_of(trained)}.",
        f"The {'algorithm was' if len(algorithms) == 1 else 'algorithms were'} {names_of(algorithms, most=math.inf)}.",
    ]
    if (scores["n_train_groups"] < scores["groups"]).any():
        sentences.append(
            "To tell the size of a train set from its pattern, models were also trained on train sets of equal size."
        )
    return sentences


def _comparisons(tables: Mapping[str, pd.DataFrame], verdict: VerdictSettings) -> list[str]:
    """What was tested, and how."""
    firsts = first_measures(tables["scores"]) if verdict.measure == "first" else {"": verdict.measure}
    measures = list(dict.fromkeys(column_measure(name).label for name in firsts.values()))
    speaks = (
        "For each test subset we report the algorithm with the best mean over its train sets"
        if verdict.algorithm == "best"
        else f"We report {verdict.algorithm}"
    )
    return [
        f"{speaks}, by {names_of(measures, '{} measures')}. Differences are means over the folds with {_level(verdict)} paired t "
        "intervals; P values are from two-sided paired t tests over the folds, corrected by Holm's method over the comparisons "
        f"of each task, at the level {verdict.alpha:g}. Subsets were called similar if the whole interval lies within "
        f"{100 * verdict.margin:g} % of what training on the same subset gained over a featureless reference.",
    ]


def _computation(are_ours: bool, facts: Mapping[str, str], seed: Mapping[str, Any]) -> str:
    """Seeds and versions; of scores from elsewhere only what was done with them."""
    soak, python = (" ".join(filter(None, (name, facts.get(name)))) for name in ("soak", "Python"))
    if not are_ours:
        return f"Tests and figures were made from these scores with {soak} ({python})."
    seeds = f"{seed.get('resampling', 1)} (folds) and {seed.get('train', 1)} (training)"
    return f"Random numbers started from the seeds {seeds}. Everything was computed with {soak} ({python})."


def _level(verdict: VerdictSettings) -> str:
    """Of intervals: "95 %"."""
    return f"{100 * (1 - verdict.alpha):g} %"


def in_short(scores: pd.DataFrame) -> str:
    """How much there is, and what same, other and all are."""
    return (
        f"{counted(scores['task_id'].nunique(), 'task')}, {counted(scores['algorithm'].nunique(), 'algorithm')}, "
        f"{folds_of(scores)}, {counted(len(scores), 'score')}. Same: trained on the subset that is tested; other: on the "
        "others; all: on all of them."
    )


def folds_of(scores: pd.DataFrame) -> str:
    """How many folds the tasks have: "3 folds", "3 to 10 folds"."""
    low, high = _folds(scores)
    return counted(high, "fold") if low == high else f"{low} to {counted(high, 'fold')}"


def _folds(scores: pd.DataFrame) -> tuple[int, int]:
    """The fewest and the most folds of a task."""
    folds = scores.groupby("task_id")["test_fold"].nunique()
    return int(folds.min()), int(folds.max())
