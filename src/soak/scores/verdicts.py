"""The answer: is training on other subsets, or on all, better or worse than on the same one, and how sure is that?

docs/verdicts.md explains the rule and shows how well it is calibrated. The words are in `soak.scores.sentences`.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from soak.errors import SoakError
from soak.measures import LEAST_TEST_ROWS, Measure, column_measure
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
    p_equal_holm: float = math.nan
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
        if self.p_equal_holm < self.alpha and is_alike:
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


_Values = dict[int, float]  # of folds
_Scores = dict[tuple[int, int], float]  # of folds and seeds


@dataclass(frozen=True)
class _Scored:
    """What one algorithm scored on one test subset, by train subsets.

    Attributes
    ----------
    full, equal : mapping of train subsets to scores
        At full size, and with equally many train groups; ``equal`` is empty if nothing is down-sampled.
    groups, n_train : mapping of train subsets to float
        Mean number of train groups and rows at full size.
    n_rows, n_folds : float, int
        Of the test subset; rows are NaN if unknown.
    """

    full: Mapping[str, _Scores]
    equal: Mapping[str, _Scores]
    groups: Mapping[str, float]
    n_train: Mapping[str, float]
    n_rows: float
    n_folds: int

    @classmethod
    def of(cls, rows: pd.DataFrame, measure: str) -> "_Scored":
        """From rows of the table scores."""
        full = rows[rows["n_train_groups"] == rows["groups"]]
        smallest = rows["groups"].min()
        reduced = (rows["n_train_groups"] < rows["groups"]) & (rows["n_train_groups"] == smallest)
        equal = rows[rows["n_train_groups"] == smallest] if reduced.any() else rows.iloc[:0]
        same = full[full["train_subsets"] == "same"].drop_duplicates("test_fold")
        sizes = full.groupby("train_subsets")[["groups", "n_train"]].mean().astype(float)
        return cls(
            _by_train(full, measure),
            _by_train(equal, measure),
            sizes["groups"].to_dict(),
            sizes["n_train"].to_dict(),
            float(same["n_test"].sum()) if same["n_test"].notna().all() else math.nan,
            len(same),
        )

    @property
    def n_groups(self) -> float:
        """Groups of the test subset: each train set of same lacks those of one fold. NaN if unknown."""
        groups = self.groups.get("same", 0)
        return groups * self.n_folds / (self.n_folds - 1) if groups and self.n_folds > 1 else math.nan


def _by_train(rows: pd.DataFrame, measure: str) -> dict[str, _Scores]:
    scores: dict[str, _Scores] = {}
    columns = (rows[name] for name in ("train_subsets", "test_fold", "seed", measure))
    for train, fold, seed, value in zip(*columns, strict=True):
        if not math.isnan(value):
            scores.setdefault(train, {})[fold, seed] = value
    return scores


def _fold_means(scores: Mapping[str, _Scores], *trains: str) -> tuple[list[_Values], int]:
    """Means of the folds for several train subsets, over the seeds that all of them have; and how many seeds these are."""
    shared = set(scores.get(trains[0], {})).intersection(*(scores.get(train, {}) for train in trains[1:]))
    seeds: dict[int, list[int]] = {}
    for fold, seed in sorted(shared):
        seeds.setdefault(fold, []).append(seed)
    means = [
        {fold: float(np.mean([scores[train][fold, seed] for seed in of_fold])) for fold, of_fold in seeds.items()}
        for train in trains
        if seeds
    ]
    return means or [{} for _ in trains], max(map(len, seeds.values()), default=0)


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
        self.subsets = [str(name) for name in scores["test_subset"].unique()]
        excluded = set(references) - {settings.algorithm}  # unless the config names it
        rows = scores[~scores["algorithm"].isin(excluded)]
        self._scored: dict[str, dict[str, _Scored]] = {subset: {} for subset in self.subsets}
        for (subset, algorithm), part in rows.groupby(["test_subset", "algorithm"], sort=False):
            self._scored[subset][algorithm] = _Scored.of(part, measure)
        self._reference: dict[str, _Values] = {}
        if reference is not None and measure in reference:
            known = reference[reference[measure].notna()]
            for subset, fold, value in zip(known["test_subset"], known["test_fold"], known[measure], strict=True):
                self._reference.setdefault(subset, {})[fold] = float(value)
        self._row_errors: dict[tuple[str, ...], float] = {}
        if row_errors is not None:
            found = row_errors[row_errors["measure"] == measure]
            keys = found[["test_subset", "algorithm", "comparison"]].itertuples(index=False, name=None)
            self._row_errors = dict(zip(keys, found["row_error"], strict=True))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the table verdicts."""
        alone = self._alone()
        cases = [
            case for subset in self.subsets if (name := self._chosen(subset)) for case in self._cases(subset, name)
        ]
        _correct_and_judge(cases)
        for case in cases:
            case.passed_over = self._passed_over(case.subset, case.algorithm)
            for name, verdict in alone.get((case.subset, case.comparison), {}).items():
                if name != case.algorithm and verdict in (BETTER, WORSE) and verdict != case.verdict:
                    case.dissent.setdefault(verdict, []).append(name)
            yield case.row()

    def _alone(self) -> dict[tuple[str, str], dict[str, str]]:
        """What each algorithm would say if it spoke for all test subsets: by subset and comparison."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for name in dict.fromkeys(name for scored in self._scored.values() for name in scored):
            cases = [case for subset in self.subsets for case in self._cases(subset, name)]
            _correct_and_judge(cases)
            for case in cases:
                found.setdefault((case.subset, case.comparison), {})[name] = case.verdict
        return found

    # Which algorithm speaks

    def _counts(self, subset: str) -> dict[str, int]:
        """Full-size scores that each algorithm has for a test subset, of those with a comparison."""
        return {
            name: sum(map(len, scored.full.values()))
            for name, scored in self._scored[subset].items()
            if {"same"} < set(scored.full)
        }

    def _chosen(self, subset: str) -> str | None:
        """The algorithm that speaks for a test subset; the first of equally good ones."""
        counts = self._counts(subset)
        if self.settings.algorithm != "best":
            return self.settings.algorithm if self.settings.algorithm in counts else None
        complete = [name for name, count in counts.items() if count == max(counts.values())]
        best = max if self.measure.greater_is_better else min
        return best(complete, key=lambda name: self._mean(subset, name), default=None)

    def _mean(self, subset: str, name: str) -> float:
        """Mean of the means of same, other and all."""
        full = self._scored[subset][name].full
        means = [_fold_means(full, train)[0][0] for train in full]
        return float(np.mean([np.mean(list(values.values())) for values in means]))

    def _passed_over(self, subset: str, chosen: str) -> list[str]:
        """Algorithms that could not be chosen since scores of theirs are missing."""
        if self.settings.algorithm != "best":
            return []
        counts = self._counts(subset)
        return [name for name in self._scored[subset] if counts.get(name, 0) < counts[chosen]]

    # The comparisons of an algorithm

    def _cases(self, subset: str, algorithm: str) -> Iterator[Comparison]:
        if algorithm in self._scored[subset]:
            for comparison in COMPARISONS:
                case = self._case(subset, algorithm, comparison, self._scored[subset][algorithm])
                if case is not None:
                    yield case

    def _case(self, subset: str, algorithm: str, comparison: str, scored: _Scored) -> Comparison | None:
        train = comparison.removesuffix("-same")
        (same, compare), n_seeds = _fold_means(scored.full, "same", train)
        if not same:
            return None
        guessing = self._reference.get(subset, {})
        beats, compare_beats = (
            self._test(values, guessing, subset, algorithm, f"{name}-reference", gain=True)
            for name, values in (("same", same), (train, compare))
        )
        guessed = [guessing[fold] for fold in same if fold in guessing]
        case = Comparison(
            task=self.task,
            subset=subset,
            comparison=comparison,
            algorithm=algorithm,
            measure=self.measure,
            alpha=self.settings.alpha,
            margin=self.settings.margin,
            others=[name for name in self.subsets if name != subset],
            test=self._test(compare, same, subset, algorithm, comparison),
            same=float(np.mean(list(same.values()))),
            compare=float(np.mean(list(compare.values()))),
            reference=float(np.mean(guessed)) if guessed else math.nan,
            same_p=beats.greater_p(),
            compare_p=compare_beats.greater_p(),
            worse_p=compare_beats.less_p(),
            size_ratio=scored.n_train[train] / scored.n_train["same"] if scored.n_train["same"] else math.nan,
            groups_ratio=scored.groups[train] / scored.groups["same"] if scored.groups["same"] else math.nan,
            n_seeds=n_seeds,
            n_rows=scored.n_rows,
            n_groups=scored.n_groups,
        )
        self._add_equal_size(case, scored, train)
        return case

    def _test(
        self, x: _Values, y: _Values, subset: str, algorithm: str, comparison: str, *, gain: bool = False
    ) -> PairedTest:
        """Paired test over the folds that both have; ``gain``: of the gain of x, which for a loss is y - x."""
        folds = [fold for fold in x if fold in y]
        sign = -1.0 if gain and not self.measure.greater_is_better else 1.0
        row_error = self._row_errors.get((subset, algorithm, comparison), math.nan)
        first, second = (sign * np.array([values[fold] for fold in folds]) for values in (x, y))
        return paired_test(first, second, self.settings.alpha, row_error, self.measure.range)

    def _add_equal_size(self, case: Comparison, scored: _Scored, train: str) -> None:
        """The same comparison with train sets of equal size, where there are such."""
        (same, compare), _ = _fold_means(scored.equal, "same", train)
        if not same:
            return
        case.equal = self._test(compare, same, "", "", "")
        (full_same, full_compare), _ = _fold_means(scored.full, "same", train)
        folds = [fold for fold in full_same if fold in same]
        sign = 1.0 if case.test.mean > 0 else -1.0
        at_full = [sign * (full_compare[fold] - full_same[fold]) for fold in folds]
        at_equal = [sign * (compare[fold] - same[fold]) for fold in folds]
        case.larger_p = paired_test(at_full, at_equal, self.settings.alpha).greater_p()


def _correct_and_judge(cases: Iterable[Comparison]) -> None:
    """Correct the P values of a task's comparisons, and judge each."""
    cases = list(cases)
    p_equal = holm([case.equal.p if case.equal else math.nan for case in cases])
    for case, p, at_equal in zip(cases, holm([case.test.p for case in cases]), p_equal, strict=True):
        case.p_holm, case.p_equal_holm = float(p), float(at_equal)
        case.judge()


def holm_by_algorithm(pvalues: pd.DataFrame) -> pd.Series:
    """Paired p values, Holm-corrected over the comparisons of each task, algorithm and measure."""
    corrected = pd.Series(np.nan, index=pvalues.index, name="p_holm")
    for rows in pvalues.groupby(["task_id", "algorithm", "measure"], sort=False).indices.values():
        corrected.iloc[rows] = holm(pvalues["p_paired"].iloc[rows])
    return corrected
