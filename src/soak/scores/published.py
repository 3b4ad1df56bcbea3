"""A score table from elsewhere: this project's own columns, those that R's mlr3resampling has had, or a plain K-fold table.

R's names have dots (test.subset); in 2024 subsets were called groups (test.group, train.groups), and the results of its
proj_results and of mlr3's own bmr$score are read as they are. A table without subsets is one of plain K-fold
cross-validation: like a task with ``ignore_subset`` its rows are one subset, full, and are trained on the same.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from soak.data.streams import open_bytes
from soak.errors import SoakError
from soak.measures import MEASURES, Measure
from soak.names import nearest
from soak.tables import TABLES

REQUIRED = ("task_id", "test_subset", "train_subsets", "test_fold", "algorithm")
_SPLIT_COLUMNS = tuple(TABLES["scores"].columns)
_ROUNDING = 1e-6  # of scores at their limits
_NOT_FINITE = ("", "na", "nan", "inf", "-inf", "+inf", "infinity", "-infinity")
_TRAIN_SUBSETS = ("same", "other", "all")
# Names that mlr3resampling and mlr3 have had for a column, with _ for the dots, by the name here; the first one counts
_OTHER_NAMES = {
    "test_subset": ("test_group",),
    "train_subsets": ("train_groups",),
    "n_train_groups": ("train_size",),
    "task_id": ("data_name",),
    "algorithm": ("learner_id",),
}
_FOLDS = ("fold", "iteration", "repl")  # the fold of a table of plain K-fold cross-validation
_FULL = {"test_subset": "full", "train_subsets": "same"}  # what ignore_subset makes of all rows
# Numbers that R keeps its books with
_BOOKKEEPING = {
    *("nr", "job_id", "grid_job_i", "task_i", "learner_i", "resampling_i", "process", "fold", "repl"),
    *("small_stratum_size", "train_size_i", "train_size", "seconds"),
}
_COMPLEMENTS = {"accuracy": "zero_one_loss", "zero_one_loss": "accuracy"}  # one is 1 minus the other
_KEY = ("task_id", "test_subset", "train_subsets", "test_fold", "seed", "n_train_groups", "algorithm")


Tasks = Mapping[str, str] | None  # tasks to read, each with the name that it gets here; None for all


def read_score_files(
    paths: Sequence[str | Path],
    measures: Collection[str] | None = None,
    notes: list[str] | None = None,
    tasks: Sequence[Tasks] | None = None,
) -> pd.DataFrame:
    """Read several score tables as one, tasks in the order of the files (see `read_scores`).

    Parameters
    ----------
    paths : sequence of path
    measures, notes
        As in `read_scores`; a measure that is named must be in at least one file, and is empty for the tasks of the others.
    tasks : sequence, optional
        Of each file as in `read_scores`.

    Raises
    ------
    SoakError
        As in `read_scores`; also if a task is in two files.
    """
    chosen = tasks or [None] * len(paths)
    if len(paths) == 1:
        return read_scores(paths[0], measures, notes, chosen[0])
    tables = [(str(path), read_scores(path, notes=notes, tasks=own)) for path, own in zip(paths, chosen, strict=True)]
    home: dict[str, str] = {}
    for path, table in tables:
        for task in table["task_id"].unique():
            if task in home:
                raise SoakError(
                    f"{path}: the task '{task}' is in {home[task]} too; rename one of them (scores.NAME.tasks does)"
                )
            home[task] = path
    joined = pd.concat([table for _, table in tables], ignore_index=True)
    if measures is None:
        return joined
    joined = _with_complement(joined, measures)
    found = [column for column in joined.columns if column not in _SPLIT_COLUMNS]
    for name in measures:
        if name not in found:
            hint = nearest(name, found, "measures of the files")
            raise SoakError(f"{', '.join(path for path, _ in tables)}: no column for the measure '{name}'; {hint}")
    return joined[[*_SPLIT_COLUMNS, *measures]]


def read_scores(
    path: str | Path,
    measures: Collection[str] | None = None,
    notes: list[str] | None = None,
    tasks: Tasks = None,
) -> pd.DataFrame:
    """Read and check a score table.

    Parameters
    ----------
    path : path
        .csv (also compressed) or .parquet. Needs the columns `REQUIRED`, by any name that R has had for them, and at least
        one measure. ``seed`` (1), ``groups`` and ``n_train_groups`` (each split at its full size), ``iteration`` (counted)
        and ``n_train``, ``n_test`` (empty) may be missing. A table without subsets is one of plain K-fold
        cross-validation: its fold is the column fold, or else iteration.
    measures : collection of str, optional
        Names of the measures to read; default: every column that has the name of a measure here or in mlr3. The error
        and the accuracy follow from each other.
    notes : list of str, optional
        Gets a sentence about columns of numbers whose names are not those of measures, and about repeated rows: both are
        left out.
    tasks : mapping of str to str, optional
        The tasks to read, each with the name that it gets; default: all.

    Returns
    -------
    DataFrame
        The table scores, rows by task and iteration, algorithms in the order of the file.

    Raises
    ------
    SoakError
        If a column is missing, no measure is known, two rows of one split and algorithm differ, or a cell is not a number.

    Notes
    -----
    An empty cell, NA, NaN or an infinite value is a missing score: means and tests are over the others, and
    `soak.scores.notes.problems` counts them for the report.
    """
    table = read_text_table(path)
    _check_columns(path, table)
    table = chosen_tasks(path, table, tasks)
    notes = [] if notes is None else notes
    found = _find_measures(path, table, measures)
    notes += _unread(path, table, found)
    scores = _splits(path, table)
    for measure, (column, factor, offset) in found.items():
        scores[measure] = offset + factor * numbers_of(path, table, column, empty=True)
        _check_possible(path, table, column, MEASURES.get(measure), scores[measure])
    scores = _without_repeats(path, scores, list(found), notes)
    tasks_in_order = pd.Categorical(scores["task_id"], scores["task_id"].unique(), ordered=True)
    order = scores.assign(task_order=tasks_in_order).sort_values(["task_order", "iteration"], kind="stable").index
    return scores.loc[order].reset_index(drop=True)


def read_text_table(path: str | Path) -> pd.DataFrame:
    """A .csv file (also compressed) or .parquet file with all cells as text, so that a subset called 1 or NA stays it.

    Its columns have the names that they have here.

    Raises
    ------
    SoakError
        If there is no such file, it is not a table, or two columns with one meaning differ.
    """
    return _with_our_names(path, _text_table(Path(path)))


def _text_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise SoakError(f"{path}: no such file")
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            return table.astype(object).where(table.notna(), "").astype(str)
        if not path.stat().st_size:
            raise ValueError("it is empty")
        with open_bytes(path, str(path)) as stream:
            return pd.read_csv(stream, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError, OSError) as error:
        raise SoakError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None


def _with_our_names(path: str | Path, table: pd.DataFrame) -> pd.DataFrame:
    """The columns by the names that they have here; a table without subsets gets those of ``ignore_subset``."""
    first: dict[str, str] = {}
    for column in table.columns:
        same = first.setdefault(column.replace(".", "_"), column)
        if not table[column].equals(table[same]):
            raise SoakError(f"{path}: columns {same} and {column} mean the same and differ; keep one")
    table = table[list(first.values())].set_axis(list(first), axis="columns")
    for name, others in _OTHER_NAMES.items():
        there = [other for other in others if other in table.columns]
        if name not in table.columns and there:
            table = table.rename(columns={there[0]: name})
    if set(_FULL) & set(table.columns):
        return table
    if "test_fold" not in table.columns:
        table = table.rename(columns={next((name for name in _FOLDS if name in table.columns), ""): "test_fold"})
    return table.assign(**_FULL) if "test_fold" in table.columns else table


def chosen_tasks(path: str | Path, table: pd.DataFrame, tasks: Tasks) -> pd.DataFrame:
    """The rows of the chosen tasks, in the order in which they are named, under their new names."""
    if tasks is None:
        return table
    for name in tasks:
        if name not in set(table["task_id"]):
            raise SoakError(
                f"{path}: there is no task '{name}'; {nearest(name, table['task_id'].unique(), 'its tasks')}"
            )
    parts = [table[table["task_id"] == name].assign(task_id=new) for name, new in tasks.items()]
    return pd.concat(parts)


def _check_columns(path: str | Path, table: pd.DataFrame) -> None:
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise SoakError(
            f"{path}: column {', '.join(missing)} is missing; expected {', '.join(REQUIRED)} and a measure, "
            f"got {', '.join(table.columns)}"
        )
    if table.empty:
        raise SoakError(f"{path}: the table has no rows")
    for name in REQUIRED:
        empty = np.flatnonzero(table[name] == "")
        if len(empty):
            raise SoakError(f"{path}: row {empty[0] + 1}, column {name}: the cell is empty")
    for row, value in enumerate(table["train_subsets"], start=1):
        if value not in _TRAIN_SUBSETS:
            raise SoakError(f"{path}: row {row}, column train_subsets: expected same, other or all, got '{value}'")


def _find_measures(
    path: str | Path, table: pd.DataFrame, measures: Collection[str] | None
) -> dict[str, tuple[str, float, float]]:
    """Of each measure its column, and the factor and offset of its numbers; in the order asked for or that of the file."""
    found: dict[str, tuple[str, float, float]] = {}
    aliases = _aliases()
    for column in table.columns:
        if column in aliases:
            name, factor = aliases[column]
            found.setdefault(name, (column, factor, 0.0))
        elif column in MEASURES or (measures is not None and column in measures):
            found[column] = (column, 1.0, 0.0)
    if measures is not None:
        for name in measures:
            opposite = _COMPLEMENTS.get(name)
            if name not in found and opposite in found:
                column, factor, offset = found[opposite]
                found[name] = (column, -factor, 1 - offset)
            if name not in found:
                raise SoakError(
                    f"{path}: no column for the measure '{name}'; {nearest(name, found, 'measures of the file')}"
                )
        return {name: found[name] for name in measures}
    if not found:
        rest = [column for column in table.columns if column not in _SPLIT_COLUMNS]
        raise SoakError(
            f"{path}: no column is a known measure, such as zero_one_loss, mean_squared_error or R's classif.ce, regr.mse; "
            f"unknown here: {', '.join(rest) or 'none'}"
        )
    return found


def _with_complement(scores: pd.DataFrame, measures: Collection[str]) -> pd.DataFrame:
    """Errors and accuracies that are asked for, where only the other is there."""
    scores = scores.copy()
    for name, opposite in _COMPLEMENTS.items():
        if name in measures and opposite in scores.columns:
            scores[name] = scores[name].fillna(1 - scores[opposite]) if name in scores else 1 - scores[opposite]
    return scores


def has_measure(table: pd.DataFrame, measures: Collection[str] = ()) -> bool:
    """Whether a column of a table (see `read_text_table`) is a known measure, or one of ``measures``."""
    return bool({*_aliases(), *MEASURES, *measures} & set(table.columns))


def _aliases() -> dict[str, tuple[str, float]]:
    """Names of measures in mlr3, with _ for the dots: our name, and the factor from their numbers to ours."""
    return {alias: (record.name, factor) for record in MEASURES.values() for alias, factor in record.aliases.items()}


def _splits(path: str | Path, table: pd.DataFrame) -> pd.DataFrame:
    """The columns before the measures; what the file lacks is filled in."""
    scores = table[["task_id", "test_subset", "train_subsets"]].copy()
    scores["test_fold"] = _integers(path, table, "test_fold", None)
    scores["seed"] = _integers(path, table, "seed", 1)
    scores["groups"], scores["n_train_groups"] = _sizes(path, table)
    keys = [scores[name] for name in _KEY[:-1]]
    counted = pd.concat(keys, axis="columns").drop_duplicates()
    counted["iteration"] = counted.groupby("task_id").cumcount() + 1
    counted = scores.merge(counted, on=list(_KEY[:-1]), how="left", validate="many_to_one")["iteration"]
    scores["iteration"] = _integers(path, table, "iteration", None) if "iteration" in table else counted.to_numpy()
    scores["algorithm"] = table["algorithm"].str.replace(r"^(classif|regr)\.", "", regex=True)
    for name in ("n_train", "n_test"):  # may be empty
        counts = numbers_of(path, table, name, empty=True) if name in table else pd.Series(np.nan, index=table.index)
        scores[name] = counts.round().astype("Int64")
    return scores[list(_SPLIT_COLUMNS)]


def _sizes(path: str | Path, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Columns groups and n_train_groups; splits without them have their full size (0: its groups are unknown)."""
    if "groups" in table and "n_train_groups" in table:
        return _integers(path, table, "groups", 0), _integers(path, table, "n_train_groups", 0)
    if "n_train_groups" in table:
        sizes = _integers(path, table, "n_train_groups", 0)
        keys = [table[name] for name in ("task_id", "test_subset", "train_subsets")]
        return sizes.groupby(keys).transform("max"), sizes
    groups = _integers(path, table, "groups", 0)
    return groups, groups


def _integers(path: str | Path, table: pd.DataFrame, column: str, default: int | None) -> pd.Series:
    if column not in table and default is not None:
        return pd.Series(default, index=table.index)
    values = numbers_of(path, table, column, empty=False)
    wrong = np.flatnonzero(values != values.round())
    if len(wrong):
        raise SoakError(
            f"{path}: row {table.index[wrong[0]] + 1}, column {column}: expected a whole number, "
            f"got '{table[column].iloc[wrong[0]]}'"
        )
    return values.astype(int)


def numbers_of(path: str | Path, table: pd.DataFrame, column: str, *, empty: bool) -> pd.Series:
    """A column as floats. Text is an error; ``empty``: missing and infinite values are allowed, and become NaN."""
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    finite = np.isfinite(values)
    allowed = table[column].str.strip().str.lower().isin(_NOT_FINITE) if empty else False
    rows = np.flatnonzero(~(finite | allowed))
    if len(rows):
        cell = table[column].iloc[rows[0]]
        raise SoakError(
            f"{path}: row {table.index[rows[0]] + 1}, column {column}: expected a finite number, got '{cell}'"
        )
    return values.where(finite)


def _check_possible(
    path: str | Path, table: pd.DataFrame, column: str, record: Measure | None, scores: pd.Series
) -> None:
    """Raise for a score beyond the perfect or the worst one, as an error in percent."""
    if record is None:
        return
    low, high = record.limits
    rows = np.flatnonzero((scores < low - _ROUNDING) | (scores > high + _ROUNDING))
    if len(rows):
        allowed = f"from {low:g} to {high:g}".replace("from -inf to", "of at most").replace(" to inf", " on")
        percent = "; is it in percent?" if record.percent and abs(scores.iloc[rows[0]]) > 1 else ""
        raise SoakError(
            f"{path}: row {table.index[rows[0]] + 1}, column {column}: expected a score {allowed}, got "
            f"'{table[column].iloc[rows[0]]}'{percent}"
        )


def _unread(path: str | Path, table: pd.DataFrame, found: Mapping[str, tuple[str, float, float]]) -> list[str]:
    """A note on columns of numbers that were not read, since their names are not those of measures."""
    used = {*_SPLIT_COLUMNS, *_BOOKKEEPING, *_aliases(), *(column for column, _, _ in found.values()), *MEASURES}
    rest = [name for name in table.columns if name not in used and _has_numbers(table[name])]
    return [f"{path}: columns left out, since no measure has their name: {', '.join(rest)}."] if rest else []


def _has_numbers(column: pd.Series) -> bool:
    cells = column[~column.str.strip().str.lower().isin(_NOT_FINITE)]
    return len(cells) > 0 and bool(pd.to_numeric(cells, errors="coerce").notna().all())


def _without_repeats(path: str | Path, scores: pd.DataFrame, measures: list[str], notes: list[str]) -> pd.DataFrame:
    """Rows that repeat another with the same scores are left out, with a note; with other scores they are an error."""
    same = scores.duplicated([*_KEY, *measures])
    scores = scores[~same]
    repeated = scores.duplicated(list(_KEY))
    if repeated.any():
        row = scores.index[repeated][0]
        first = scores.index[(scores[list(_KEY)] == scores.loc[row, list(_KEY)]).all(axis="columns")][0]
        what = ", ".join(f"{name} {scores.at[row, name]}" for name in _KEY)
        raise SoakError(f"{path}: row {row + 1} repeats row {first + 1} with other scores: {what}")
    if same.any():
        rows = "row" if same.sum() == 1 else "rows"
        notes.append(f"{path}: {same.sum()} {rows} that repeat another (first: row {same.idxmax() + 1}) left out.")
    return scores
