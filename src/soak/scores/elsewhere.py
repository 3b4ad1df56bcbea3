"""All that comes from elsewhere: files of scores, of times, of facts of data sets, each known by its columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from soak.errors import SoakError
from soak.scores.datasets import SUBSET_ROWS, has_facts, of_scores, read_facts
from soak.scores.published import Tasks, has_measure, read_score_files, read_text_table
from soak.scores.training_times import COLUMNS, cost_note, has_times, read_times


@dataclass(frozen=True)
class Elsewhere:
    """What was read.

    Attributes
    ----------
    scores, datasets : DataFrame
        The tables of these names.
    times : DataFrame
        As `soak.scores.training_times.of_fits` has them.
    subset_rows : DataFrame
        task_id, subset, rows.
    notes : list of str
        What was left out, and what training took, a sentence each.
    """

    scores: pd.DataFrame
    datasets: pd.DataFrame
    times: pd.DataFrame
    subset_rows: pd.DataFrame
    notes: list[str]


def read_elsewhere(
    paths: Sequence[str | Path],
    tasks: Sequence[Tasks] | None = None,
    measures: Collection[str] | None = None,
    subset_types: Mapping[str, str] | None = None,
) -> Elsewhere:
    """Read files of scores, times and facts: at least one of scores, and at most one of facts.

    Parameters
    ----------
    paths : sequence of path
    tasks : sequence, optional
        Of each file the tasks to read, each with the name that it gets; None: all.
    measures : collection of str, optional
        As in `soak.scores.published.read_score_files`.
    subset_types : mapping of task to the kind of its subsets, optional

    Raises
    ------
    SoakError
        If a file cannot be read, or none has scores, or two have facts.
    """
    chosen = list(tasks or [None] * len(paths))
    kinds: dict[str, list[int]] = {"scores": [], "times": [], "facts": []}
    timed = []
    for number, path in enumerate(paths):
        table = read_text_table(path)
        kind = _kind(table, measures or ())
        kinds[kind].append(number)
        if kind == "times" or (kind == "scores" and has_times(table)):
            timed.append(number)
    if not kinds["scores"]:
        raise SoakError(
            f"{', '.join(map(str, paths))}: expected a file of scores, got only times and facts of data sets"
        )
    if len(kinds["facts"]) > 1:
        raise SoakError(
            f"{' and '.join(str(paths[number]) for number in kinds['facts'])}: two files of facts of data sets"
        )
    notes: list[str] = []
    scored = kinds["scores"]
    scores = read_score_files([paths[n] for n in scored], measures, notes, [chosen[n] for n in scored])
    times = [(paths[n], read_times(paths[n], chosen[n])) for n in timed]
    notes += [cost_note(path, table) for path, table in times if len(table)]
    types = subset_types or {}
    facts = [read_facts(paths[n], types) for n in kinds["facts"]]
    datasets, subset_rows = facts[0] if facts else (of_scores(scores, types), pd.DataFrame(columns=SUBSET_ROWS))
    joined = pd.concat([table for _, table in times]) if times else pd.DataFrame(columns=COLUMNS)
    return Elsewhere(scores, datasets, joined.reset_index(drop=True), subset_rows, notes)


def _kind(table: pd.DataFrame, measures: Collection[str]) -> str:
    """Which kind of file a table is, by its columns; any other is one of scores, to be checked as such."""
    if has_facts(table):
        return "facts"
    return "times" if has_times(table) and not has_measure(table, measures) else "scores"
