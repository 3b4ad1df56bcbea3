"""The answer in words: a sentence per comparison, one per task, and the table on the terminal."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from soak.measures import Measure, column_measure, needs_power, power_of_ten
from soak.scores.summaries import format_p

if TYPE_CHECKING:
    from soak.scores.verdicts import Comparison

BETTER, WORSE, SIMILAR, NOTHING, UNDECIDED = "better", "worse", "similar", "nothing learned", "undecided"
FEWER_ROWS, MORE_ROWS, PATTERN, UNCLEAR = "fewer rows", "more rows", "another pattern", "unclear"
WIDTH = 100  # columns of the terminal table
UNEQUAL = 1.5  # ratio of train rows above which the size may well be the reason
_MOST_NAMES = 4  # of subsets that a sentence names
_HARD = "\N{NO-BREAK SPACE}"  # where a cell of the table is not to be broken

# One comparison


def text_of(case: "Comparison") -> str:
    """The verdict of a comparison as a sentence.

    For instance: "Digits: do not train on font_digits_rot instead: 35.0 % error against 4.0 % (+31.0 points, 95 % CI 28.3 to
    33.7; guessing 90.8 %): it keeps 64 % of the skill."
    """
    if case.verdict == NOTHING:
        sentence = _nothing_learned(case)
    else:
        parts = [f"{_claim(case)}: {_numbers(case)}", *_consequences(case)]
        sentence = f"{parts[0]}: {'; '.join(parts[1:])}" if len(parts) > 1 else parts[0]
    start = f"{case.subset}: "
    if case.verdict != NOTHING and not case.learns and not math.isnan(case.same_p):
        start += "its own model is not shown to beat guessing; "
    return " ".join([f"{start}{sentence}.", *_asides(case)])


def _claim(case: "Comparison") -> str:
    others = _other_names(case.others)
    if case.comparison == "other-same":
        return {
            WORSE: f"do not train on {others} instead",
            BETTER: f"train on {others} instead",
            SIMILAR: f"{others} can stand in for it",
            UNDECIDED: f"whether {others} can stand in for it is undecided",
        }[case.verdict]
    return {
        WORSE: f"do not add {others} to its own rows",
        BETTER: f"add {others} to its own rows",
        SIMILAR: f"adding {others} makes little difference",
        UNDECIDED: f"whether to add {others} is undecided",
    }[case.verdict]


def _numbers(case: "Comparison") -> str:
    """The two means, the difference with its interval, and guessing."""
    measure, test = case.measure, case.test
    inside = [difference_text(measure, test.mean, test.low, test.high)]
    if not math.isnan(test.low):
        low, high = interval_texts(measure, test.low, test.high)
        inside[0] += f", {100 * (1 - case.alpha):g} % CI {low} to {high}"
    if not math.isnan(case.reference):
        inside.append(f"guessing {measure.format(case.reference)}")
    compare, same = _with_label(measure, case.compare), measure.format(case.same)
    return f"{compare} against {same} ({'; '.join(inside)})"


def _with_label(measure: Measure, value: float) -> str:
    """A value with what it is: "3.6 % error", "mean squared error 3349"."""
    return f"{measure.format(value)} {measure.label}" if measure.percent else f"{measure.label} {measure.format(value)}"


def difference_text(measure: Measure, mean: float, low: float, high: float) -> str:
    """A difference with its sign: "+32 points", "-0.4 points", "+654"."""
    text = _number(measure, mean, high - low, sign=True)
    return f"{text} points" if measure.percent else text


def interval_texts(measure: Measure, low: float, high: float) -> tuple[str, str]:
    """Both limits of an interval, with the decimals that its width deserves."""
    return _number(measure, low, high - low), _number(measure, high, high - low)


def _number(measure: Measure, value: float, width: float, *, sign: bool = False) -> str:
    """A difference, scaled, with so many decimals that the interval's width has two digits; at most one in percent."""
    value, width = measure.factor * value, measure.factor * (width if width > 0 else abs(value))
    if not measure.percent and needs_power(max(abs(value), width)) and math.isfinite(value + width):
        digits = math.floor(math.log10(abs(value) or 1)) - math.floor(math.log10(width)) + 1
        return power_of_ten(value, max(0, digits), "+" if sign else "") if value else "0"
    decimals = 1 if not width > 0 or not math.isfinite(width) else max(0, 1 - math.floor(math.log10(width)))
    rounded = round(value, min(decimals, 1 if measure.percent else 6))
    rounded = rounded if rounded else 0.0  # no -0.0
    return f"{rounded:{'+' if sign else ''}.{min(decimals, 1 if measure.percent else 6)}f}"


def _consequences(case: "Comparison") -> list[str]:
    if case.verdict == UNDECIDED:
        return _undecided(case)
    if case.verdict == SIMILAR:
        return [f"within the margin of {_size(case.measure, case.margin_width)}"]
    return [*_skill(case), *_cause(case)]


def _undecided(case: "Comparison") -> list[str]:
    if case.test.n < 2:
        parts = ["there is one fold only, and so no test"]
    elif math.isnan(case.test.p):
        parts = ["the differences are the same in every fold, so that their error is unknown"]
    elif math.isnan(case.detectable):
        parts = []
    else:
        seen = _size(case.measure, case.detectable)
        parts = [f"{case.test.n} folds with this spread show a difference of {seen} or more in four of five cases"]
    if case.learns:
        parts.insert(0, f"its own model beats guessing ({format_p(case.same_p)})")
    if case.test.p < case.alpha:
        corrected = f"{format_p(case.test.p)} alone is {format_p(case.p_holm).removeprefix('P = ')}"
        parts.append(f"{corrected} when corrected for the task's comparisons")
    return [*parts, f"{case.decide} would decide"] if case.decide else parts


def _skill(case: "Comparison") -> list[str]:
    """What is left of the skill of same, or that there is none."""
    subject = "it" if case.comparison == "other-same" else "together they"
    verb = ("is", "keeps") if case.comparison == "other-same" else ("are", "keep")
    if math.isnan(case.reference):
        return []
    if case.worse_p < case.alpha:
        return [f"{subject} {verb[0]} worse than guessing"]
    if case.compare_skill < 0:
        return [f"on average {subject} {verb[0]} worse than guessing"]
    if not case.compare_learns:
        return [f"{subject} {verb[0]} not shown to beat guessing"]
    if case.verdict == WORSE and case.learns and case.same_skill > 0:
        return [f"{subject} {verb[1]} {100 * case.compare_skill / case.same_skill:.0f} % of the skill"]
    return []


def _cause(case: "Comparison") -> list[str]:
    """Whether rows or pattern are the reason; how to find out, where the train sets differ in size."""
    if case.equal is not None and case.cause:
        difference = difference_text(case.measure, case.equal.mean, case.equal.low, case.equal.high)
        at_equal = f"with equally many rows the difference is {difference}"
        reason = {
            FEWER_ROWS: "so the reason is fewer rows",
            MORE_ROWS: "so the reason is more rows",
            PATTERN: "so the reason is another pattern",
            UNCLEAR: "so it stays unclear whether rows or pattern are the reason",
        }
        return [f"{at_equal}, {reason[case.cause]}"]
    ratio = case.size_ratio if case.verdict == BETTER else 1 / case.size_ratio
    if case.equal is None and case.comparison == "other-same" and ratio > UNEQUAL:
        more, whose = ("more", "the other train set") if case.verdict == BETTER else ("fewer", "its own train set")
        return [
            f"{whose} has {ratio:.1f} times as many rows, and `resampling: {{sizes: 0}}` tells whether "
            f"{more} rows or another pattern is the reason"
        ]
    return []


def _size(measure: Measure, width: float) -> str:
    """A width as people read it: "8.7 points", "259"."""
    return f"{measure.number(width)} points" if measure.percent else measure.number(width)


def _nothing_learned(case: "Comparison") -> str:
    measure = case.measure
    others = _other_names(case.others)
    where = f"on {others}" if case.comparison == "other-same" else "on all together"
    return (
        f"nothing learned: {_with_label(measure, case.same)} when trained on {case.subset} itself and "
        f"{measure.format(case.compare)} {where}, where guessing gets {measure.format(case.reference)}, so that the comparison "
        "means nothing"
    )


def _asides(case: "Comparison") -> list[str]:
    """Other algorithms: those passed over, and those that would say something else."""
    parts = []
    if case.passed_over:
        parts.append(
            f"{case.algorithm} speaks, since scores of {names_of(case.passed_over, '{} algorithms')} are missing."
        )
    for verdict, names in case.dissent.items():
        parts.append(f"Judged alone, {names_of(names, '{} algorithms')} would say {verdict}.")
    return parts


def names_of(names: Sequence[str], many: str = "{} subsets", most: float = _MOST_NAMES) -> str:
    """Names in a sentence: "A", "A, B and C"; of more than ``most`` their number, in the words of ``many``."""
    if len(names) > most:
        return many.format(len(names))
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _other_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"the other {len(names)} subsets"


# A task


def task_sentence(verdicts: pd.DataFrame) -> str:
    """What the verdicts of one task come to, as one sentence after its name.

    Parameters
    ----------
    verdicts : DataFrame
        Rows of one task of the table verdicts.
    """
    task = verdicts["task_id"].iloc[0]
    subsets = list(verdicts["test_subset"].unique())
    others = "the other subset" if len(subsets) == 2 else "the other subsets"
    parts = [
        f"{subject} {phrase}"
        for comparison, subject in (
            ("other-same", f"training on {others} instead is"),
            ("all-same", "training on all subsets together is"),
        )
        if (phrase := _phrase(verdicts[verdicts["comparison"] == comparison], subsets))
    ]
    nothing = verdicts[verdicts["verdict"] == NOTHING]["test_subset"].unique()
    if len(nothing):
        parts.append(f"nothing was learned of {_whose(list(nothing), subsets)}")
    return f"{task}: {'; '.join(parts)}."


def _phrase(rows: pd.DataFrame, subsets: Sequence[str]) -> str:
    """For instance "worse for island and undecided for north and south"; "" if nothing was learned of any."""
    words = {WORSE: "worse", BETTER: "better", SIMILAR: "as good", UNDECIDED: "undecided"}
    parts = [
        f"{word} for {_whose(list(names), subsets)}"
        for verdict, word in words.items()
        if len(names := rows.loc[rows["verdict"] == verdict, "test_subset"])
    ]
    return ", ".join(parts)


def _whose(names: Sequence[str], subsets: Sequence[str]) -> str:
    if len(names) == len(subsets) > 1:
        return "both subsets" if len(subsets) == 2 else f"all {len(subsets)} subsets"
    return names_of(names) if len(names) <= _MOST_NAMES else f"{len(names)} of {len(subsets)} subsets"


# The terminal


def terminal(verdicts: pd.DataFrame, scores: pd.DataFrame, maps: Mapping[str, str] | None = None) -> str:
    """The verdicts as a table of at most `WIDTH` columns for each task, and below it what they come to.

    Parameters
    ----------
    verdicts, scores : DataFrame
        The tables of these names; ``scores`` gives the number of rows.
    maps : mapping of task to str, optional
        What the transfer map of a task shows (see `soak.scores.transfer.sentences`).
    """
    lines = []
    for task, rows in verdicts.groupby("task_id", sort=False):
        lines += _table_lines(str(task), rows, scores)
        lines += _wrapped(task_sentence(rows))
        if maps and str(task) in maps:
            lines += _wrapped(f"Each subset's own model on the others: {maps[str(task)]}")
        lines.append("")
    return "\n".join(lines)


def _table_lines(task: str, verdicts: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    measure = column_measure(verdicts["measure"].iloc[0])
    first, last = int(verdicts["n"].min()), int(verdicts["n"].max())
    folds = f"{first}" if first == last else f"{first} to {last}"
    algorithms = list(verdicts["algorithm"].unique())
    speaks = f", {algorithms[0]}" if len(algorithms) == 1 else ""
    heading = f"{task} ({measure.axis_label}, mean of {folds} {'fold' if last == 1 else 'folds'}{speaks})"
    header = ["test subset", "rows", "guessing", "same", "other - same", "all - same", "other, all", "algorithm"]
    own = scores[scores["task_id"] == task]
    lines = [_cells(subset, rows, own, measure) for subset, rows in verdicts.groupby("test_subset", sort=False)]
    shown = [i for i in range(len(header)) if any(line[i] for line in lines) and not (speaks and i == len(header) - 1)]
    table = [[line[i] for i in shown] for line in [header, *lines]]
    return [heading, *aligned(table, [i in (1, 2, 3) for i in shown])]


def _cells(subset: object, rows: pd.DataFrame, scores: pd.DataFrame, measure: Measure) -> list[str]:
    by = rows.set_index("comparison")
    row = rows.iloc[0]
    n_rows = rows_of(scores, str(subset))
    words = [str(by.at[name, "verdict"]) for name in ("other-same", "all-same") if name in by.index]
    return [
        str(subset),
        "" if math.isnan(n_rows) else f"{n_rows:.0f}",
        "" if math.isnan(row["reference_mean"]) else measure.number(row["reference_mean"]),
        measure.number(row["same_mean"]),
        *(_difference_cell(by.loc[name], measure) if name in by.index else "" for name in ("other-same", "all-same")),
        words[0] if len(set(words)) == 1 else ", ".join(words),
        str(row["algorithm"]),
    ]


def _difference_cell(row: pd.Series, measure: Measure) -> str:
    difference = difference_text(measure, row["mean_diff"], row["ci_low"], row["ci_high"]).removesuffix(" points")
    if math.isnan(row["ci_low"]):
        return difference
    low, high = interval_texts(measure, row["ci_low"], row["ci_high"])
    return f"{difference} ({low}{_HARD}to{_HARD}{high})"


def rows_of(scores: pd.DataFrame, subset: str) -> float:
    """Rows of a test subset: the test rows of its folds; NaN where the table does not say."""
    rows = scores[scores["test_subset"] == subset]
    first = rows.drop_duplicates("test_fold")["n_test"]
    return float(first.sum()) if first.notna().all() else math.nan


def aligned(table: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Lines of a table, at most `WIDTH` wide: what does not fit is broken within its column."""
    widths = [max(len(line[i]) for line in table) for i in range(len(right))]
    least = [max((len(word) for line in table for word in line[i].split(" ")), default=0) for i in range(len(right))]
    while sum(widths) + 2 * len(widths) > WIDTH:
        widest = max(range(len(widths)), key=lambda i: (widths[i] > max(least[i], 8), widths[i]))
        if widths[widest] <= 8:
            break
        widths[widest] -= 1
    lines = []
    for cells in table:
        broken = [_broken(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for number in range(max(map(len, broken))):
            texts = [part[number] if number < len(part) else "" for part in broken]
            shown = [
                text.rjust(width) if is_right else text.ljust(width)
                for text, width, is_right in zip(texts, widths, right, strict=True)
            ]
            lines.append(("  " + "  ".join(shown)).replace(_HARD, " ").rstrip())
    return lines


def _broken(cell: str, width: int) -> list[str]:
    """Lines of a cell; an interval that is wider is broken between its numbers, not within one."""
    if max(map(len, cell.split(" "))) > width:
        cell = cell.replace(_HARD, " ")
    return textwrap.wrap(cell, width) or [""]


def _wrapped(text: str, indent: str = "  ") -> Iterable[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def wrapped_note(text: str) -> str:
    """A note below the tables, in lines of at most `WIDTH` columns; paths and other long words stay whole."""
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
