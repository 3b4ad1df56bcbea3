"""Names of train sets: one for each distinct set of train rows; readable, unique, and safe as names of files.

A full-size train set is ``all.fold1``, ``MNIST.fold1`` (the rows of one subset: "same" for it, or "other" if there are
two subsets) or ``not_SW.fold1`` (all subsets but one). A down-sampled one is drawn anew for each split, so that its
name holds the split: ``all_for_SW.fold1.seed1.size57``, ``SW.fold1.seed1.size57``, ``not_SW.fold1.seed1.size57``.
Names of full-size train sets hold neither seed nor size: more seeds or sizes rename none of them.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from soak.resampling.cells import Cells
from soak.resampling.splits import Split

_MAX_LENGTH = 60  # characters; with fold, seed, size and digests a file's name stays below 255 bytes
_RESERVED = {"all", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_PREFIXES = ("not_", "all_for_")


def subset_labels(subsets: Sequence[Any]) -> list[str]:
    """A label for each subset: its value, with other characters than ASCII letters, digits, _ and - replaced.

    A label gets a digest of the value as suffix if it would not be unique (also on disks that ignore case), is a word
    of the names themselves ("all", "not_…") or a device of Windows, or is too long.

    Parameters
    ----------
    subsets : sequence
        Distinct values.

    Returns
    -------
    list of str

    Examples
    --------
    >>> subset_labels(["MNIST", "New York", "Zürich", 7])
    ['MNIST', 'New_York', 'Zurich', '7']
    >>> subset_labels(["all", "a/b", "a b"])
    ['all-5ef5ef03', 'a_b-c14cddc0', 'a_b-c8687a08']
    """
    plain = [_ascii(str(value)) for value in subsets]
    counts = Counter(label.lower() for label in plain)
    needs_digest = [_is_unsafe(label) or counts[label.lower()] > 1 for label in plain]
    for length in (8, 16, 64):
        labels = [
            f"{label[:_MAX_LENGTH].strip('-') or 'subset'}-{_digest(value)[:length]}" if needed else label
            for label, value, needed in zip(plain, subsets, needs_digest, strict=True)
        ]
        counts = Counter(label.lower() for label in labels)
        if len(counts) == len(labels):
            break
        # a subset's own value may be another one's label: then it gets a digest too
        needs_digest = [needed or counts[label.lower()] > 1 for label, needed in zip(labels, needs_digest, strict=True)]
    return labels


def _ascii(text: str) -> str:
    characters = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^A-Za-z0-9_-]", "_", "".join(c for c in characters if not unicodedata.combining(c)))


def _is_unsafe(label: str) -> bool:
    low = label.lower()
    is_reserved = low in _RESERVED or low.startswith(_PREFIXES)
    return is_reserved or not low.strip("_-") or low.startswith("-") or len(label) > _MAX_LENGTH


def _digest(value: Any) -> str:
    return hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()


def name_train_sets(labels: Sequence[str], splits: Sequence[Split], cells: Cells) -> list[str]:
    """The name of each split's train set; splits that train on the same rows have the same name.

    If several names are possible for a set of rows, it is that of the full size, else of the smallest seed, else of
    the largest size: a train set keeps its name if smaller sizes or more seeds are added.

    Parameters
    ----------
    labels : sequence of str
        Of the subsets, in the order of their codes.
    splits : sequence of Split
    cells : Cells
    """
    preference = {"all": 0, "same": 1, "other": 2}

    def key(position: int) -> tuple[bool, int, int, int, int]:
        split = splits[position]
        is_small = split.rows is not None
        return is_small, split.seed if is_small else 0, -split.n_train_groups, preference[split.train_subsets], position

    name_of: dict[bytes, str] = {}
    names = [""] * len(splits)
    for position in sorted(range(len(splits)), key=key):
        split = splits[position]
        names[position] = name_of.setdefault(_identity(split, cells), _name(split, labels))
    return names


def _identity(split: Split, cells: Cells) -> bytes:
    """The same bytes for the same train rows: their cells, or a digest of the rows if a cell is left in part."""
    if split.rows is None:
        mask = cells.train(split.train_subsets, split.test_subset, split.test_fold)
    else:
        whole_cells = cells.cells_of(split.rows)
        if whole_cells is None:
            return b"rows" + hashlib.sha256(split.rows.tobytes()).digest()
        mask = whole_cells
    return b"cells" + np.packbits(mask).tobytes()


def _name(split: Split, labels: Sequence[str]) -> str:
    label = labels[split.test_subset]
    if split.rows is not None:
        source = {"all": f"all_for_{label}", "same": label, "other": f"not_{label}"}[split.train_subsets]
        return f"{source}.fold{split.test_fold}.seed{split.seed}.size{split.n_train_groups}"
    if split.train_subsets == "other" and len(labels) == 2:
        label = labels[1 - split.test_subset]
        return f"{label}.fold{split.test_fold}"
    source = {"all": "all", "same": label, "other": f"not_{label}"}[split.train_subsets]
    return f"{source}.fold{split.test_fold}"
