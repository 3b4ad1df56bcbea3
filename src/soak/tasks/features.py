"""From the columns of a table to a matrix of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import listed
from soak.tasks.columns import MAX_LEVELS, Column
from soak.tasks.kept import smallest_dtype
from soak.tasks.preparation import Incomplete
from soak.tasks.table import Table
from soak.tasks.task import Note

Impute = Literal["error", "none", "mean", "median", "most_frequent", "level", "drop_rows"]
MISSING_LEVEL = "(missing)"  # of a text whose missing values are a level of its own
_FILLED = {  # how notes call what each fit fills in
    "mean": "the mean of the train rows of each fit",
    "median": "the median of the train rows of each fit",
    "most_frequent": "the most frequent value in the train rows of each fit",
}


@dataclass(frozen=True)
class Encoding:
    """How a column of the table becomes one feature, or several.

    Attributes
    ----------
    source : Column
    levels : tuple of str, or None
        Of text: one feature of zeros and ones for each level; the last one may be `MISSING_LEVEL`.
    """

    source: Column
    levels: tuple[str, ...] | None = None

    @property
    def column(self) -> str:
        return self.source.name

    @property
    def feature_names(self) -> list[str]:
        return [self.column] if self.levels is None else [f"{self.column}={level}" for level in self.levels]

    @property
    def is_number(self) -> bool:
        """Whether it is the column's numbers as they are."""
        return self.levels is None and self.source.is_numeric

    @property
    def has_missing_level(self) -> bool:
        """Whether a missing text is a level of its own."""
        return self.levels is not None and self.levels[-1:] == (MISSING_LEVEL,)

    @property
    def is_incomplete(self) -> bool:
        """Whether features lack values, which each fit completes."""
        return bool(self.source.missing) and not self.has_missing_level

    def encode(self, values: Any) -> NDArray[Any]:
        """Encode the rows of a block.

        Parameters
        ----------
        values : Arrow array of n values, or NumPy array of n numbers
            The latter of a column of numbers.

        Returns
        -------
        array of shape (n, n_features of this column)
            NaN where there is no value.
        """
        if isinstance(values, np.ndarray):
            return values[:, None]
        if self.levels is not None:
            labels = self.source.to_labels(values)
            code = pc.index_in(labels.dictionary, pa.array(self.levels, pa.string()))
            codes = code.take(labels.indices).fill_null(len(self.levels) - 1 if self.has_missing_level else -1)
            codes = codes.to_numpy(zero_copy_only=False)
            features: NDArray[Any] = codes[:, None] == np.arange(len(self.levels))
            return np.where(codes[:, None] < 0, np.nan, features) if (codes < 0).any() else features
        numbers: NDArray[Any] = self.source.numbers(values)[:, None]
        return numbers


def plan_features(
    task: str, table: Table, columns: Mapping[str, Column], names: Sequence[str], impute: Impute
) -> list[Encoding]:
    """Decide how each column becomes features.

    Parameters
    ----------
    task : str
        Name of the task, for messages.
    table : Table
        For messages.
    columns : mapping of str to Column
    names : sequence of str
        Columns of the features, in order.
    impute : str
        See `soak.tasks.settings.TaskSettings.impute`.

    Raises
    ------
    SoakError
        If a column cannot be a feature, or lacks values that ``impute`` does not complete.
    """
    problems = [problem for name in names if (problem := _problem(task, columns[name]))]
    if problems:
        raise SoakError(*problems)
    _check_complete(task, table, [columns[name] for name in names], impute)
    plan = [Encoding(columns[name], _levels(columns[name], impute)) for name in names]
    features = [feature for encoding in plan for feature in encoding.feature_names]
    if len(set(features)) < len(features):
        double = next(name for name in features if features.count(name) > 1)
        raise SoakError(f"{table.label}: two features would be named {double!r}; rename a column")
    return plan


def _levels(column: Column, impute: Impute) -> tuple[str, ...] | None:
    if column.type != "text" or column.labels is None:
        return None
    return (
        (*column.labels, MISSING_LEVEL) if column.missing and impute in ("mean", "median", "level") else column.labels
    )


def incomplete_features(plan: Sequence[Encoding], impute: Impute) -> Incomplete | None:
    """The features that lack values, and how fits complete them; None if there are none."""
    features: list[int] = []
    levels = []
    start = 0
    for encoding in plan:
        stop = start + len(encoding.feature_names)
        if encoding.is_incomplete:
            features += range(start, stop)
            if encoding.levels is not None:
                levels.append((start, stop))
        start = stop
    if not features or impute not in ("none", "mean", "median", "most_frequent"):
        return None
    return Incomplete(impute, tuple(features), tuple(levels))


_MISSING = " values are missing: "  # between how many and what becomes of them


def describe_missing(plan: Sequence[Encoding], impute: Impute) -> list[Note]:
    """What becomes of the missing values of each column."""
    notes = []
    for encoding in plan:
        column = encoding.source
        if column.missing:
            done = f"filled in with {_FILLED[impute]}" if impute in _FILLED else "left to the learners"
            done = f"a category of its own, {MISSING_LEVEL}" if encoding.has_missing_level else done
            notes.append(Note("imputed", column.name, f"{column.missing} of {column.count}{_MISSING}{done}"))
    return notes


def missing_line(notes: Sequence[Note]) -> str:
    """The notes of `describe_missing` in one sentence: what becomes of the values of which columns.

    Examples
    --------
    >>> missing_line([Note("imputed", "age", "1 of 9 values are missing: left to the learners")])
    'values are missing in age (1 of 9): left to the learners'
    """
    columns: dict[str, list[str]] = {}
    for note in notes:
        counts, done = note.text.split(_MISSING, 1)
        columns.setdefault(done, []).append(f"{note.column} ({counts})")
    return "; ".join(f"values are missing in {listed(names)}: {done}" for done, names in columns.items())


def describe_features(plan: Sequence[Encoding]) -> list[Note]:
    """How many features there are, and which columns they are made of."""
    n_features = sum(len(encoding.feature_names) for encoding in plan)
    made = [Note("features", encoding.column, text) for encoding in plan if (text := _made(encoding))]
    columns = "1 column" if len(plan) == 1 else f"{len(plan)} columns"
    features = "1 feature" if n_features == 1 else f"{n_features} features"
    total = f"{features} of {columns}: {listed([encoding.column for encoding in plan])}"
    return [Note("features", "", total), *made]


def _made(encoding: Encoding) -> str:
    """What a column becomes that is not used as it is; "" for numbers."""
    if encoding.levels is not None:
        return f"{len(encoding.levels)} categories, a feature for each: {listed(encoding.levels)}"
    return {"date": "days since 1970", "boolean": "1 for true, 0 for false"}.get(encoding.source.type, "")


def dtype_of(plan: Sequence[Encoding]) -> np.dtype[Any]:
    """The smallest of uint8, float32, float64 that holds all features exactly; missing values need one of the latter."""
    numbers = [encoding.source for encoding in plan if encoding.levels is None]
    if any(column.type == "date" for column in numbers):
        return np.dtype(np.float64)
    dtype = smallest_dtype(numbers)
    is_incomplete = any(encoding.is_incomplete for encoding in plan)
    return np.dtype(np.float32) if dtype == np.uint8 and is_incomplete else dtype


def encode_rows(
    plan: Sequence[Encoding], columns: Mapping[str, Any], n_rows: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Encode the rows of a block.

    Parameters
    ----------
    plan : sequence of Encoding
    columns : mapping of str to Arrow array of n_rows values, or NumPy array
        See `Encoding.encode`.
    n_rows : int
    dtype : dtype of the features

    Returns
    -------
    array of shape (n_rows, n_features)
    """
    features = np.zeros((n_rows, sum(len(encoding.feature_names) for encoding in plan)), dtype=dtype)
    start = 0
    for encoding in plan:
        values = encoding.encode(columns[encoding.column])
        features[:, start : start + values.shape[1]] = values
        start += values.shape[1]
    return features


def _problem(task: str, column: Column) -> str | None:
    """Why a column cannot be a feature; None if it can."""
    if mixed := column.mixed(task):
        return mixed
    if column.type == "empty":
        return f"{column.place()}: expected values, got none in any row; leave the column out with tasks.{task}.exclude"
    if column.type == "text" and column.labels is None:
        return (
            f"{column.place()}: expected at most {MAX_LEVELS} different texts, each of which becomes a feature; leave "
            f"the column out with tasks.{task}.exclude, or give it a role"
        )
    if column.is_numeric and column.first_infinite is not None:
        return f"{column.place(column.first_infinite)}: expected a finite number, got an infinite one"
    return None


def _check_complete(task: str, table: Table, columns: Sequence[Column], impute: Impute) -> None:
    """Raise if columns lack values that ``impute`` does not complete."""
    incomplete = [column for column in columns if column.missing]
    if impute == "level":
        incomplete = [column for column in incomplete if column.type != "text"]
    if not incomplete or impute not in ("error", "level"):
        return
    counts = listed([f"{column.name} ({column.missing})" for column in incomplete])
    kind = "feature column" if impute == "error" else "column of numbers"
    choices = (
        "mean, median, most_frequent, level or drop_rows" if impute == "error" else "mean, median or most_frequent"
    )
    raise SoakError(
        f"{table.label}: values are missing in {len(incomplete)} {kind.replace('column', 'columns') if len(incomplete) > 1 else kind}: "
        f"{counts}, first in row {incomplete[0].first_missing}; tasks.{task}.impute can be {choices}"
    )
