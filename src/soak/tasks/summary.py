"""What a task became, for people to look at before they believe anything: tables of numbers, notes, and a few lines."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.measures import LARGE, LEAST_TEST_ROWS
from soak.names import counted, listed
from soak.tables import TABLES
from soak.tasks.features import missing_line
from soak.tasks.task import Note, NoteKind, Task

_UNEVEN = 100.0  # largest standard deviation by the smallest, from where on gradient descent is slow or diverges
_VALUES_AT_ONCE = 2**22  # 32 MB of float64, from which the scales of features are estimated


def data_table(tasks: Sequence[Task]) -> pd.DataFrame:
    """The table data: rows, groups, and target of each subset; rows without a subset in a line of their own."""
    rows = [row for task in tasks for row in _subset_rows(task)]
    classes = list(dict.fromkeys(f"class.{name}" for task in tasks for name in task.classes))
    table = pd.DataFrame(rows, columns=[*TABLES["data"].columns, *classes])
    whole = ["rows_read", "rows", "groups", *classes]
    return table.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(["target_mean", "target_sd"], float))


def _subset_rows(task: Task) -> Iterable[dict[str, object]]:
    known = dict.fromkeys([*task.subsets, *task.rows_read])
    codes, names = pd.factorize(task.subset)
    rows_of = {str(name): np.flatnonzero(codes == code) for code, name in enumerate(names)}
    for name in sorted(known, key=lambda name: name == ""):
        rows = rows_of.get(name, np.empty(0, dtype=np.int64))
        target = task.target[rows]
        row: dict[str, object] = {
            "task_id": task.name,
            "subset": name,
            "rows_read": task.rows_read.get(name, len(rows)),
            "rows": len(rows),
            "groups": len(rows) if task.group is None else len(set(task.group[rows])),
        }
        if task.classes:
            counts = np.bincount(target, minlength=len(task.classes)).tolist()
            row |= {f"class.{label}": count for label, count in zip(task.classes, counts, strict=True)}
        elif len(rows):
            row |= {"target_mean": float(target.mean())}
            row |= {"target_sd": float(target.std(ddof=1))} if len(rows) > 1 else {}
        yield row


def data_notes(
    task: Task,
    folds: NDArray[np.integer],
    positive: object = None,
    measures: Sequence[str] = (),
    n_folds: int = 0,
) -> list[Note]:
    """What people should know of a task: of its columns, left-out rows, classes, folds and measures, in this order.

    Parameters
    ----------
    task : Task
    folds : array of int, shape (n_rows,)
    positive : optional
        The positive class that the config names.
    measures : sequence of str
        Those that are of the positive class alone if there are two classes.
    n_folds : int
        As many as the config asks for.

    Raises
    ------
    SoakError
        If the task has no such class.
    """
    of_folds = _fold_notes(task, folds, n_folds)
    return [*task.notes, *_class_notes(task), *of_folds, *_positive_notes(task, positive, measures)]


def _positive_notes(task: Task, positive: object, measures: Sequence[str]) -> list[Note]:
    code = task.positive_code(positive)
    if len(task.classes) != 2 or not measures:
        return []
    verb = "is" if len(measures) == 1 else "are"
    how = f"tasks.{task.name}.positive names another" if positive is None else f"tasks.{task.name}.positive"
    return [Note("positive", "", f"{listed(measures)} {verb} of the class {task.classes[code]} ({how})")]


def notes_table(notes: Mapping[str, Sequence[Note]]) -> pd.DataFrame:
    """The table data_notes, from the notes of each task."""
    rows = [(task, *note) for task, found in notes.items() for note in found]
    return pd.DataFrame(rows, columns=list(TABLES["data_notes"].columns), dtype=object)


def _class_notes(task: Task) -> list[Note]:
    notes = []
    if len(task.subsets) > 1:
        pairs = pd.DataFrame({"class": task.target, "subset": task.subset}) if task.classes else pd.DataFrame()
        for code, subsets in pairs.groupby("class")["subset"].unique().items() if task.classes else ():
            if len(subsets) == 1:
                notes.append(Note("class", "", f"class {task.classes[int(str(code))]} occurs in {subsets[0]} only"))
    return notes + _spelling_notes("class", "classes", task.classes)


def _spelling_notes(kind: NoteKind, things: str, labels: Sequence[str]) -> list[Note]:
    """A note for each group of labels that may be one."""
    alike: dict[str, list[str]] = {}
    for name in labels:
        alike.setdefault(_letters(name), []).append(name)
    return [
        Note(kind, "", f"{things} {' and '.join(map(repr, names))} differ in case or spelling only: are they one?")
        for names in alike.values()
        if len(names) > 1
    ]


def _letters(name: str) -> str:
    """A text without case, accents, blanks and signs; numbers stay as they are."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if sign.isalnum())
    return letters if any(sign.isalpha() for sign in letters) else name


def _fold_notes(task: Task, folds: NDArray[np.integer], n_folds: int) -> list[Note]:
    numbers = np.unique(folds)
    counts = pd.crosstab(task.subset, folds).reindex(index=list(task.subsets), columns=list(numbers), fill_value=0)
    total, least = counts.sum(axis=1), counts.min(axis=1)
    empty = [f"{name} ({counted(int(total[name]), 'row')})" for name in task.subsets if not least[name]]
    few = [name for name in task.subsets if 0 < least[name] < LEAST_TEST_ROWS]
    source = f"{task.source}: " if task.source else ""
    notes = []
    if task.fold is None and len(numbers) < n_folds:
        unit = "rows" if task.group is None else "groups"
        notes.append(Note("folds", "", f"{source}too few {unit} for {n_folds} folds: there are {len(numbers)}"))
    if empty:
        text = (
            f"{source}{listed(empty)} without rows in some of the {len(numbers)} folds, where there is nothing to test"
        )
        notes.append(Note("folds", "", text))
    if few:
        notes.append(Note("folds", "", f"{source}{listed(few)} with fewer than {LEAST_TEST_ROWS} rows in some fold"))
    return notes + _spelling_notes("folds", "subsets", task.subsets)


def data_lines(task: Task, notes: Sequence[Note]) -> list[str]:
    """One to three lines: rows, subsets and classes; features; what else is worth knowing."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(note.kind, []).append(note)
    read = sum(task.rows_read.values())
    n_rows = len(task.target)
    place = f" ({task.source})" if task.source else ""
    rows = f"{n_rows} rows" if read == n_rows else f"{n_rows} of {read} rows ({_reasons(found.get('dropped', []))})"
    lines = [f"{task.name}{place}: {rows}; {_parts(task)}"]
    features = found.get("features", [Note("features", "", "")])[0].text
    left = "; ".join(
        f"{word} {listed([f'{note.column} ({note.text})' if kind != 'excluded' else note.column for note in found[kind]])}"
        for kind, word in (("left_out", "left out:"), ("excluded", "excluded:"), ("constant", "constant:"))
        if kind in found
    )
    lines.append(f"{task.name}: {features}{'; ' if left else ''}{left}")
    others = [note.text for kind in ("class", "folds") for note in found.get(kind, [])]
    others += [missing_line(found["imputed"])] if "imputed" in found else []
    others += [note.text for note in found.get("positive", [])]
    return [*lines, *([f"{task.name}: note: {'; '.join(others)}"] if others else [])]


def _reasons(notes: Sequence[Note]) -> str:
    return "; ".join(f"{note.column}: {note.text}" for note in notes)


def _parts(task: Task) -> str:
    """Subsets and classes with their rows."""
    in_subset = Counter(task.subset.tolist())
    subsets = listed([f"{name} {in_subset[name]}" for name in task.subsets])
    text = f"{counted(len(task.subsets), 'subset')}: {subsets}"
    if not task.classes:
        return f"{text}; target {_amount(task.target.min())} to {_amount(task.target.max())}"
    counts = np.bincount(task.target, minlength=len(task.classes))
    classes = listed([f"{name} {count}" for name, count in zip(task.classes, counts, strict=True)])
    return f"{text}; {counted(len(task.classes), 'class')}: {classes}"


def _amount(value: float) -> str:
    """Four digits, but whole numbers below a million as they are."""
    return f"{value:.0f}" if value == round(value) and abs(value) < LARGE else f"{value:.4g}"


def scale_lines(task: Task, learners: Sequence[str]) -> list[str]:
    """A line for the terminal where the scales of features differ by orders of magnitude, and learners suffer from it.

    Parameters
    ----------
    task : Task
    learners : sequence of str
        Names of the task's learners that train badly on such features as they are.
    """
    if not learners or task.image_shape is not None:
        return []
    n_rows = min(len(task.target), max(2, _VALUES_AT_ONCE // task.features.shape[1]))
    rows = np.linspace(0, len(task.target) - 1, n_rows).astype(np.int64)
    values = np.ma.masked_invalid(task.features[rows].astype(np.float64) / task.scale)
    sd = np.ma.masked_equal(values.std(axis=0), 0)
    if sd.mask.all() or sd.max() < _UNEVEN * sd.min():
        return []
    low, high = int(sd.argmin()), int(sd.argmax())
    return [
        f"{task.name}: the scales of features differ by orders of magnitude (standard deviation of {task.feature_names[low]} "
        f"{sd[low]:.2g}, of {task.feature_names[high]} {sd[high]:.2g}): set scale: standard for {listed(learners)}"
    ]
