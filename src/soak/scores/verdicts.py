"""The answer: is training on other subsets, or on all, better or worse than on the same one, and how sure is that?

docs/verdicts.md explains the rule and shows how well it is calibrated. The words are in `soak.scores.sentences`.
"""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from soak.errors import SoakError
from soak.measures import Measure, column_measure
from soak.names import nearest
from soak.scores.reference import reference_scores
from soak.scores.sentences import (
    BETTER,
    FEWER_ROWS,
    MORE_ROWS,
    NOTHING,
    PATTERN,
    SIMILAR,
    UNCLEAR,
    UNDECIDED,
    WORSE,
    text_of,
)
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import first_measures, measure_columns
from soak.scores.ttests import PairedTest, holm, paired_test, smallest_seen, t_quantile
from soak.tables import TABLES

COMPARISONS = ("other-same", "all-same")  # in the order in which the question is asked
FOLDS = (5, 10, 20)  # that are advised where they would decide
LEAST_TEST_ROWS = 5  # of a subset in a fold
RULE = (
    "For each test subset one algorithm speaks: the one with the best mean of the task's first measure over same, other and "
    "all together (not featureless). A difference is the mean over the folds, with its paired t interval; P values are "
    "Holm-corrected over the task's comparisons. Nothing learned: neither model is shown to beat guessing. Similar: the "
    "whole interval lies within the margin, a share of what same has learned. Undecided: none of these, which is not the "
    "same as no difference."
)
CAUTION = (
    "The folds of a cross-validation share train data. Where two subsets are of one distribution, simulation finds 3 to 8 % "
    "false alarms at the level 0.05, and intervals at 95 % cover the truth in 92 to 97 % (docs/verdicts.md). With three folds "
    "only large differences are seen; ten are better."
)


def verdicts(
    scores: pd.DataFrame,
    settings: VerdictSettings,
    *,
    references: Collection[str] = (),
    reference: pd.DataFrame | None = None,
    row_errors: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One verdict per task, test subset and comparison.

    Parameters
    ----------
    scores : DataFrame
        The table scores.
    settings : VerdictSettings
        ``alpha``; ``algorithm``: best or a name; ``measure``: first or a name; ``margin``.
    references : collection of str
        Algorithms that use no feature: never the best one.
    reference : DataFrame, optional
        Scores of the reference (see `soak.scores.reference.reference_scores`); default: those that ``scores`` has itself.
        A task without any has no skill, and is never "nothing learned" or "similar".
    row_errors : DataFrame, optional
        Standard errors from single rows (see `soak.scores.scoring.TaskScores`), for differences that are the same in every
        fold. Without them these are undecided.

    Returns
    -------
    DataFrame
        The table verdicts, rows by task, test subset (both in the order of ``scores``), other-same before all-same. A
        task with one subset, or whose fits all failed, has no row.

    Raises
    ------
    SoakError
        If ``settings`` names an algorithm or measure that no task has.
    """
    _check_names(scores, settings)
    if reference is None:
        reference = reference_scores(scores, references)
    rows: list[dict[str, Any]] = []
    for task, first in first_measures(scores).items():
        name = first if settings.measure == "first" else settings.measure
        of_task = scores[scores["task_id"] == task]
        if of_task[name].notna().any():
            judge = _Judge(of_task, _of_task(reference, task), _of_task(row_errors, task), name, settings, references)
            rows += judge.rows()
    columns = TABLES["verdicts"].columns
    table = pd.DataFrame(rows, columns=list(columns))
    numbers = [name for name, column in columns.items() if column.kind == "number"]
    return table.astype(dict.fromkeys(numbers, float))


def _of_task(table: pd.DataFrame | None, task: str) -> pd.DataFrame | None:
    return None if table is None or table.empty else table[table["task_id"] == task]


def _check_names(scores: pd.DataFrame, settings: VerdictSettings) -> None:
    measures = [name for name in measure_columns(scores) if scores[name].notna().any()]
    for key, value, default, found in (
        ("algorithm", settings.algorithm, "best", list(scores["algorithm"].unique())),
        ("measure", settings.measure, "first", measures),
    ):
        names = [default, *found]
        if value not in names:
            raise SoakError(f"verdict.{key}: no score of {value!r}; {nearest(value, names)}")


@dataclass
class Comparison:
    """A comparison of one algorithm on one test subset: its tests, and what follows from them.

    Attributes
    ----------
    task, subset, comparison, algorithm : str
    measure : Measure
    others : list of str
        The other subsets.
    test : PairedTest
        Of all (or other) against same; ``mean`` has the sign of the difference of the scores.
    same, compare, reference : float
        Mean scores over the folds.
    same_p, compare_p, worse_p : float
        One-sided P values: same beats the reference, all (or other) does, all (or other) is worse than it.
    size_ratio, groups_ratio : float
        Train rows, and groups of them, of all (or other) for one of same.
    n_seeds : int
        Averaged in each fold.
    n_rows, n_groups : float
        Of the test subset; NaN if unknown.
    equal : PairedTest, optional
        The same comparison with train sets of equal size.
    larger_p : float
        One-sided P value: the difference at full size is larger than at equal size.
    passed_over : list of str
        Algorithms that could not be chosen since scores of theirs are missing.
    dissent : mapping of verdict to the algorithms that alone would come to it
    """

    task: str
    subset: str
    comparison: str
    algorithm: str
    measure: Measure
    alpha: float
    margin: float
    others: list[str]
    test: PairedTest
    same: float
    compare: float
    reference: float
    same_p: float
    compare_p: float
    worse_p: float
    size_ratio: float
    groups_ratio: float
    n_seeds: int
    n_rows: float
    n_groups: float
    equal: PairedTest | None = None
    larger_p: float = math.nan
    passed_over: list[str] = field(default_factory=list)
    dissent: dict[str, list[str]] = field(default_factory=dict)
    p_holm: float = math.nan
    verdict: str = ""
    cause: str = ""
    decide: str = ""

    @property
    def same_skill(self) -> float:
        """Skill of same."""
        return self.measure.skill(self.same, self.reference)

    @property
    def compare_skill(self) -> float:
        """Skill of all (or other)."""
        return self.measure.skill(self.compare, self.reference)

    @property
    def learns(self) -> bool:
        """Whether same is shown to beat the reference."""
        return self.same_p < self.alpha

    @property
    def compare_learns(self) -> bool:
        """Whether all (or other) is shown to beat the reference."""
        return self.compare_p < self.alpha

    @property
    def margin_width(self) -> float:
        """The margin in the unit of the measure: a share of the distance from the reference to same."""
        return self.margin * abs(self.reference - self.same)

    @property
    def detectable(self) -> float:
        """The smallest difference that would have been seen with a chance of 80 %."""
        return smallest_seen(self.test.n, self.alpha) * self.test.error if self.test.error > 0 else math.nan

    def judge(self) -> None:
        """Set verdict, cause and what would decide, once the P value is corrected."""
        self.verdict = self._verdict()
        self.cause = self._cause() if self.verdict in (BETTER, WORSE) else ""
        self.decide = self._decide() if self.verdict == UNDECIDED else ""

    def _verdict(self) -> str:
        test = self.test
        if self.p_holm < self.alpha:
            return BETTER if (test.mean > 0) == self.measure.greater_is_better else WORSE
        if math.isnan(self.reference) or test.n < 2:
            return UNDECIDED
        if not self.learns and not self.compare_learns and not self.same_skill > self.margin:
            return NOTHING
        if self.learns and self._is_within(test):
            return SIMILAR
        return UNDECIDED

    def _is_within(self, test: PairedTest) -> bool:
        """Whether the whole interval of a difference lies within the margin."""
        return -self.margin_width <= test.low and test.high <= self.margin_width

    def _cause(self) -> str:
        """Fewer rows, or another pattern? From train sets of equal size."""
        equal = self.equal
        if equal is None or math.isnan(equal.p):
            return ""
        is_alike = (equal.mean > 0) == (self.test.mean > 0)
        if equal.p < self.alpha and is_alike:
            return PATTERN
        explained = self._is_within(equal) or self.larger_p < self.alpha
        if self.verdict == WORSE and self.groups_ratio < 1 and explained:
            return FEWER_ROWS
        if self.verdict == BETTER and self.groups_ratio > 1 and explained:
            return MORE_ROWS
        return UNCLEAR

    def _decide(self) -> str:
        """Folds, or how many times as many rows, with which the same difference and spread would give a verdict."""
        test, most = self.test, self._most_folds()
        if not test.error > 0:
            more = [n for n in FOLDS if test.n < n <= most]
            return f"{more[min(1, len(more) - 1)]} folds" if more and test.n < 2 else ""
        correction = max(1.0, self.p_holm / test.p) if test.p > 0 else 1.0
        for n in FOLDS:
            if test.n < n <= most and self._would_decide(n, test.error, correction):
                return f"{n} folds"
        n = max([test.n, *(n for n in FOLDS if n <= most)])
        for factor in (*np.arange(1.5, 10, 0.5), *range(10, 100, 5), *range(100, 1001, 50)):
            if self._would_decide(n, test.error / math.sqrt(factor), correction):
                folds = f" in {n} folds" if n > test.n else ""
                return f"{factor:g} times as many rows{folds}"
        return "more than 1000 times as many rows"

    def _most_folds(self) -> float:
        """Folds that leave `LEAST_TEST_ROWS` test rows each, and no more than there are groups."""
        rows = self.n_rows / LEAST_TEST_ROWS if self.n_rows > 0 else math.inf
        return min(rows, self.n_groups if self.n_groups > 0 else math.inf)

    def _would_decide(self, n: int, error: float, correction: float) -> bool:
        difference = abs(self.test.mean)
        if difference > error * float(t_quantile(1 - self.alpha / correction / 2, n - 1)):
            return True
        half = error * float(t_quantile(1 - self.alpha / 2, n - 1))
        return not math.isnan(self.reference) and difference + half <= self.margin_width

    def row(self) -> dict[str, Any]:
        """The row of the table verdicts."""
        test, equal = self.test, self.equal
        return {
            "task_id": self.task,
            "test_subset": self.subset,
            "comparison": self.comparison,
            "algorithm": self.algorithm,
            "measure": self.measure.name,
            "n": test.n,
            "reference_mean": self.reference,
            "same_mean": self.same,
            "compare_mean": self.compare,
            "same_skill": self.same_skill,
            "compare_skill": self.compare_skill,
            "mean_diff": test.mean,
            "ci_low": test.low,
            "ci_high": test.high,
            "p_paired": test.p,
            "p_holm": self.p_holm,
            "p_reference": self.same_p,
            "cause": self.cause,
            "mean_diff_equal": math.nan if equal is None else equal.mean,
            "p_equal": math.nan if equal is None else equal.p,
            "detectable": self.detectable,
            "decide": self.decide,
            "n_seeds": self.n_seeds,
            "verdict": self.verdict,
            "text": text_of(self),
        }


class _Judge:
    """The comparisons of one task."""

    def __init__(
        self,
        scores: pd.DataFrame,
        reference: pd.DataFrame | None,
        row_errors: pd.DataFrame | None,
        measure: str,
        settings: VerdictSettings,
        references: Collection[str],
    ) -> None:
        self.task = str(scores["task_id"].iloc[0])
        self.measure, self.settings = column_measure(measure), settings
        excluded = set(references) - {settings.algorithm}  # unless the config names it
        self.scores = scores[~scores["algorithm"].isin(excluded)]
        self.subsets = [str(name) for name in scores["test_subset"].unique()]
        self.full = self.scores[self.scores["n_train_groups"] == self.scores["groups"]]
        self._reference: dict[str, pd.Series] = {}
        if reference is not None and measure in reference:
            known = reference[reference[measure].notna()]
            self._reference = {
                str(subset): rows.set_index("test_fold")[measure] for subset, rows in known.groupby("test_subset")
            }
        self._row_errors: dict[tuple[str, ...], float] = {}
        if row_errors is not None:
            rows = row_errors[row_errors["measure"] == measure]
            keys = rows[["test_subset", "algorithm", "comparison"]].itertuples(index=False, name=None)
            self._row_errors = dict(zip(keys, rows["row_error"], strict=True))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the table verdicts."""
        by_algorithm = self._alone()
        cases = [
            case for subset in self.subsets if (name := self._chosen(subset)) for case in self._cases(subset, name)
        ]
        _correct_and_judge(cases)
        for case in cases:
            case.passed_over = self._passed_over(case.subset, case.algorithm)
            for name, verdict in by_algorithm.get((case.subset, case.comparison), {}).items():
                if name != case.algorithm and verdict in (BETTER, WORSE) and verdict != case.verdict:
                    case.dissent.setdefault(verdict, []).append(name)
            yield case.row()

    def _alone(self) -> dict[tuple[str, str], dict[str, str]]:
        """What each algorithm would say if it spoke for all test subsets: by subset and comparison."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for name in self.scores["algorithm"].unique():
            cases = [case for subset in self.subsets for case in self._cases(subset, name)]
            _correct_and_judge(cases)
            for case in cases:
                found.setdefault((case.subset, case.comparison), {})[name] = case.verdict
        return found

    # Which algorithm speaks

    def _counts(self, subset: str) -> pd.Series:
        """Full-size scores that each algorithm has for a test subset, of those with a comparison."""
        rows = self.full[(self.full["test_subset"] == subset) & self.full[self.measure.name].notna()]
        trained = rows.groupby("algorithm")["train_subsets"].agg(set)
        compared = trained.index[[{"same"} < names for names in trained]]
        return rows[rows["algorithm"].isin(compared)].groupby("algorithm", sort=False).size()

    def _chosen(self, subset: str) -> str | None:
        """The algorithm that speaks for a test subset; the first of equally good ones."""
        counts = self._counts(subset)
        if self.settings.algorithm != "best":
            return self.settings.algorithm if self.settings.algorithm in counts else None
        if counts.empty:
            return None
        means = self._means(subset)[counts.index[counts == counts.max()]]
        return str(means.idxmax() if self.measure.greater_is_better else means.idxmin())

    def _means(self, subset: str) -> pd.Series:
        """Mean of the means of same, other and all, per algorithm."""
        rows = self.full[self.full["test_subset"] == subset]
        by_fold = rows.groupby(["algorithm", "train_subsets", "test_fold"], sort=False)[self.measure.name].mean()
        by_train = by_fold.groupby(["algorithm", "train_subsets"], sort=False).mean()
        return by_train.groupby("algorithm", sort=False).mean()

    def _passed_over(self, subset: str, chosen: str) -> list[str]:
        """Algorithms that could not be chosen since scores of theirs are missing."""
        if self.settings.algorithm != "best":
            return []
        counts = self._counts(subset)
        names = self.full.loc[self.full["test_subset"] == subset, "algorithm"].unique()
        return [str(name) for name in names if counts.get(name, 0) < counts[chosen]]

    # The comparisons of an algorithm

    def _cases(self, subset: str, algorithm: str) -> Iterator[Comparison]:
        mine = (self.scores["test_subset"] == subset) & (self.scores["algorithm"] == algorithm)
        full, scores = self.full[mine[self.full.index]], self.scores[mine]
        for comparison in COMPARISONS:
            case = self._case(subset, algorithm, comparison, full, scores)
            if case is not None:
                yield case

    def _case(
        self, subset: str, algorithm: str, comparison: str, full: pd.DataFrame, scores: pd.DataFrame
    ) -> Comparison | None:
        train = comparison.removesuffix("-same")
        folds, n_seeds = _fold_means(full, train, self.measure.name)
        if folds.empty:
            return None
        guessing = self._reference.get(subset, pd.Series(dtype=float))
        sign = 1.0 if self.measure.greater_is_better else -1.0
        same, compare = (
            self._test(sign * folds[name], sign * guessing, subset, algorithm, f"{name}-reference")
            for name in ("same", train)
        )
        test = self._test(folds[train], folds["same"], subset, algorithm, comparison)
        same_rows = full[full["train_subsets"] == "same"]
        first = same_rows[same_rows["seed"] == same_rows["seed"].min()]
        groups = full.groupby("train_subsets")["groups"].mean()
        n_train = full.groupby("train_subsets")["n_train"].mean()
        n_folds = first["test_fold"].nunique()
        case = Comparison(
            task=self.task,
            subset=subset,
            comparison=comparison,
            algorithm=algorithm,
            measure=self.measure,
            alpha=self.settings.alpha,
            margin=self.settings.margin,
            others=[name for name in self.subsets if name != subset],
            test=test,
            same=float(folds["same"].mean()),
            compare=float(folds[train].mean()),
            reference=float(guessing.reindex(folds.index).mean()),
            same_p=same.greater_p(),
            compare_p=compare.greater_p(),
            worse_p=_less_p(compare),
            size_ratio=float(n_train[train] / n_train["same"]) if n_train[["same", train]].notna().all() else math.nan,
            groups_ratio=float(groups[train] / groups["same"]) if groups["same"] else math.nan,
            n_seeds=n_seeds,
            n_rows=float(first["n_test"].sum(min_count=1)) if first["n_test"].notna().all() else math.nan,
            n_groups=groups["same"] * n_folds / (n_folds - 1) if n_folds > 1 else math.nan,
        )
        self._add_equal_size(case, scores, folds, train)
        return case

    def _test(self, x: pd.Series, y: pd.Series, subset: str, algorithm: str, comparison: str) -> PairedTest:
        """Paired test over the folds that both have."""
        pairs = pd.concat([x, y], axis="columns", join="inner").dropna()
        row_error = self._row_errors.get((subset, algorithm, comparison), math.nan)
        return paired_test(pairs.iloc[:, 0], pairs.iloc[:, 1], self.settings.alpha, row_error, self.measure.range)

    def _add_equal_size(self, case: Comparison, scores: pd.DataFrame, folds: pd.DataFrame, train: str) -> None:
        """The same comparison with train sets of equal size, where there are such."""
        smallest = scores["groups"].min()
        reduced = scores["n_train_groups"] < scores["groups"]
        if not (reduced & (scores["n_train_groups"] == smallest)).any():
            return
        equal, _ = _fold_means(scores[scores["n_train_groups"] == smallest], train, self.measure.name)
        if equal.empty:
            return
        alpha = self.settings.alpha
        case.equal = paired_test(equal[train], equal["same"], alpha, bound=self.measure.range)
        both = folds.index.intersection(equal.index)
        sign = 1.0 if case.test.mean > 0 else -1.0
        at_full, at_equal = ((table[train] - table["same"])[both] * sign for table in (folds, equal))
        case.larger_p = paired_test(at_full, at_equal, alpha).greater_p()


def _less_p(test: PairedTest) -> float:
    """One-sided P value of a mean difference below 0."""
    return test.greater_p() if not test.error > 0 else 1 - test.greater_p()


def _fold_means(scores: pd.DataFrame, train: str, measure: str) -> tuple[pd.DataFrame, int]:
    """Scores of same and another train set per fold, the seeds of a fold averaged; and the number of seeds.

    Only pairs of fold and seed for which both scores exist.
    """
    rows = scores[scores["train_subsets"].isin(["same", train]) & scores[measure].notna()]
    wide = rows.set_index(["test_fold", "seed", "train_subsets"])[measure].unstack()
    if not {"same", train} <= set(wide.columns):
        return pd.DataFrame(columns=["same", train]), 0
    pairs = wide[["same", train]].dropna()
    n_seeds = int(pairs.groupby(level="test_fold").size().max()) if len(pairs) else 0
    return pairs.groupby(level="test_fold").mean(), n_seeds


def _correct_and_judge(cases: Iterable[Comparison]) -> None:
    """Correct the P values of a task's comparisons, and judge each."""
    cases = list(cases)
    for case, p in zip(cases, holm([case.test.p for case in cases]), strict=True):
        case.p_holm = float(p)
        case.judge()


def holm_by_algorithm(pvalues: pd.DataFrame) -> pd.Series:
    """Paired p values, Holm-corrected over the comparisons of each task, algorithm and measure."""
    corrected = pd.Series(np.nan, index=pvalues.index, name="p_holm")
    for rows in pvalues.groupby(["task_id", "algorithm", "measure"], sort=False).indices.values():
        corrected.iloc[rows] = holm(pvalues["p_paired"].iloc[rows])
    return corrected
