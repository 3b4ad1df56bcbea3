"""A task: features, target, a subset for each row and other roles, mapped from one Arrow file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from soak.data.values import value_label
from soak.errors import SoakError
from soak.matrix import gathered_blocks, read_matrix, write_matrix
from soak.names import nearest
from soak.tasks.preparation import Incomplete, Preparation

TaskType = Literal["classification", "regression"]
NoteKind = Literal["features", "left_out", "excluded", "constant", "imputed", "dropped", "class", "folds", "positive"]


class Note(NamedTuple):
    """What became of a column or of rows, for people to read; ``column`` is "" where it is not of a single one."""

    kind: NoteKind
    column: str
    text: str


@dataclass(frozen=True)
class Task:
    """Rows, features and roles of a task.

    Attributes
    ----------
    name : str
    type : "classification" or "regression"
    features : array of shape (n_rows, n_features)
        As stored (uint8 for pixels); learners see ``features / scale``.
    feature_names : tuple of str, of length n_features
    scale : float
        255 for 8-bit pixels; 1 if the features are used as they are stored.
    target : array of shape (n_rows,)
        int32 codes into ``classes`` for classification, float64 for regression.
    classes : tuple of str
        Labels in sorted order (numbers by value, text by code point); empty for regression.
    subset : array of str, shape (n_rows,)
    strata : mapping of str to array of str, shape (n_rows,)
        By name of column.
    group : array of str, shape (n_rows,), or None
        Rows of one group stay in one fold.
    fold : array of int64, shape (n_rows,), or None
        Given folds, from 1.
    weights : array of float64, shape (n_rows,), or None
    image_shape : (height, width) or (channels, height, width), or None
        Shape of the image in each row of ``features``; None if the rows are not images.
    subsets : tuple of str
        The distinct subsets in order: numbers by value, declared categories as declared, other text by code point.
    row : array of int64, shape (n_rows,), or None
        Number (from 0) of each row in the table, if some of the table's rows were left out.
    rows_read : mapping of str to int
        Rows of each subset that the table has, with those that were left out; "" for rows without a subset.
    source : str
        What messages call the table; "" for data sets.
    notes : tuple of Note
        What the table became.
    incomplete : Incomplete or None
        Features that lack values, which are NaN; None if there are none.
    """

    name: str
    type: TaskType
    features: NDArray[Any]
    feature_names: tuple[str, ...]
    scale: float
    target: NDArray[Any]
    classes: tuple[str, ...]
    subset: NDArray[Any]
    strata: Mapping[str, NDArray[Any]]
    group: NDArray[Any] | None = None
    fold: NDArray[Any] | None = None
    weights: NDArray[np.float64] | None = None
    image_shape: tuple[int, ...] | None = None
    subsets: tuple[str, ...] = ()
    row: NDArray[np.int64] | None = None
    rows_read: Mapping[str, int] = field(default_factory=dict)
    source: str = ""
    notes: tuple[Note, ...] = ()
    incomplete: Incomplete | None = None

    @property
    def n_outputs(self) -> int:
        """Outputs of a model: one per class, or 1 for regression."""
        return len(self.classes) or 1

    def positive_code(self, label: object = None) -> int:
        """Code of the positive class by its label, as in the config; None is the first class, as in mlr3.

        Raises
        ------
        SoakError
            If the task does not have two classes, or none of this label.
        """
        if label is None:
            return 0
        key = f"tasks.{self.name}.positive"
        if len(self.classes) != 2:
            found = f"{len(self.classes)} classes" if self.classes else "numbers to predict"
            raise SoakError(f"{key}: expected a task with two classes, got one with {found}")
        labels = [value_label(name) for name in self.classes]
        if value_label(label) not in labels:
            raise SoakError(f"{key}: there is no class {str(label)!r}; {nearest(str(label), self.classes)}")
        return labels.index(value_label(label))

    def write(self, path: str | Path) -> None:
        """Write the task to an Arrow file (see `soak.matrix`): the same task gives the same bytes."""
        columns: dict[str, Any] = {"target": self.target, "subset": _strings(self.subset)}
        columns |= {f"stratum:{name}": _strings(values) for name, values in self.strata.items()}
        if self.group is not None:
            columns["group"] = _strings(self.group)
        if self.fold is not None:
            columns["fold"] = pa.array(self.fold)
        if self.weights is not None:
            columns["weights"] = self.weights
        if self.row is not None:
            columns["row"] = self.row
        metadata = {
            "name": self.name,
            "type": self.type,
            "feature_names": list(self.feature_names),
            "scale": self.scale,
            "classes": list(self.classes),
            "strata": list(self.strata),
            "image_shape": self.image_shape,
            "subsets": list(self.subsets),
            "rows_read": dict(self.rows_read),
            "source": self.source,
            "notes": [list(note) for note in self.notes],
            **({} if self.incomplete is None else {"incomplete": asdict(self.incomplete)}),
        }
        write_matrix(path, self.features, columns, metadata)

    @classmethod
    def open(cls, path: str | Path) -> "Task":
        """Map a file of `write`. The features are not read until they are used.

        Raises
        ------
        SoakError
            If the file is not a task, or is truncated.
        """
        features, batch, metadata = read_matrix(path)
        names = set(batch.schema.names)

        def column(name: str) -> NDArray[Any] | None:
            return _values(batch.column(name)) if name in names else None

        shape = metadata["image_shape"]
        target = column("target")
        subset = column("subset")
        assert target is not None
        assert subset is not None
        strata = {name: column(f"stratum:{name}") for name in metadata["strata"]}
        return cls(
            name=metadata["name"],
            type=metadata["type"],
            features=features,
            feature_names=tuple(metadata["feature_names"]),
            scale=metadata["scale"],
            target=target,
            classes=tuple(metadata["classes"]),
            subset=subset,
            strata={name: values for name, values in strata.items() if values is not None},
            group=column("group"),
            fold=column("fold"),
            weights=column("weights"),
            image_shape=None if shape is None else tuple(shape),
            subsets=tuple(metadata["subsets"]),
            row=column("row"),
            rows_read=metadata["rows_read"],
            source=metadata["source"],
            notes=tuple(Note(*note) for note in metadata["notes"]),
            incomplete=_incomplete(metadata.get("incomplete")),
        )


@dataclass(frozen=True)
class TaskRows:
    """Some rows of a task, as a learner sees them.

    Parameters
    ----------
    task : Task
    rows : array of int64, shape (n,)
        Row numbers from 0.
    preparation : Preparation or None
        What is done to the features first; None takes them as they are.
    """

    task: Task
    rows: NDArray[np.int64]
    preparation: Preparation | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, chosen: NDArray[np.integer] | slice) -> "TaskRows":
        """Some of the rows, by their numbers within these."""
        return replace(self, rows=self.rows[chosen])

    def features(self, dtype: DTypeLike = np.float64, order: Literal["C", "F"] = "C") -> NDArray[Any]:
        """Scaled features of the rows: a new array of shape (n, n_features), with this dtype and memory order."""
        matrix = self.task.features
        values = np.empty((len(self), matrix.shape[1]), dtype, order)
        for part, block in gathered_blocks(matrix, self.rows):  # no second copy of all rows, in the stored type
            if self.preparation is None:
                values[part] = block
                if self.task.scale != 1:
                    values[part] /= self.task.scale
            else:  # computed in float64, as what it subtracts and divides by
                values[part] = self.preparation.applied(block, self.task.scale)
        return values

    def prepare(self, scale: bool) -> Preparation | None:
        """How a fit on these rows completes its features, and with ``scale`` scales them; None if there is nothing to do."""
        task = self.task
        if not scale and (task.incomplete is None or task.incomplete.fill == "none"):
            return None
        return Preparation.of(task.features, self.rows, task.scale, task.incomplete, scale)

    @cached_property
    def target(self) -> NDArray[Any]:
        """Class codes (int32) or values (float64) of the rows: shape (n,)."""
        return self.task.target[self.rows]

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """Weights of the rows: shape (n,); None if the task has none."""
        return None if self.task.weights is None else self.task.weights[self.rows]

    @property
    def group(self) -> NDArray[Any] | None:
        """Groups of the rows: shape (n,); None if the task has none."""
        return None if self.task.group is None else self.task.group[self.rows]

    @property
    def strata(self) -> list[NDArray[Any]]:
        """Each stratum column's values in the rows: arrays of shape (n,)."""
        return [values[self.rows] for values in self.task.strata.values()]


def _incomplete(entry: dict[str, Any] | None) -> Incomplete | None:
    if entry is None:
        return None
    return Incomplete(entry["fill"], tuple(entry["features"]), tuple((first, stop) for first, stop in entry["levels"]))


def _strings(values: NDArray[Any]) -> Any:
    """Dictionary-encoded text: a code for each row, and each distinct text once."""
    return pa.array(values).cast(pa.string()).dictionary_encode()


def _values(column: Any) -> NDArray[Any]:
    """A column as an array; rows with the same text share one object (pyarrow's own conversion makes one for each row)."""
    values: NDArray[Any]
    if isinstance(column, pa.DictionaryArray) and not column.null_count:
        values = np.array(column.dictionary.to_pylist(), dtype=object)[column.indices.to_numpy()]
    else:
        values = column.to_numpy(zero_copy_only=False)
    return values
