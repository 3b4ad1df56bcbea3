"""Names of train sets: one per distinct set of train rows, readable, unique, and safe as a file's name.

A full-size train set is ``all.fold1``, ``MNIST.fold1`` (the rows of one subset: "same" for it, or "other" where there
are two subsets) or ``not_SW.fold1`` (all subsets but one). A down-sampled one is drawn anew for each split, so that
its name tells the split: ``all_for_SW.fold1.seed1.size57``, ``SW.fold1.seed1.size57``, ``not_SW.fold1.seed1.size57``.
Full-size names hold neither seed nor size: asking for more of those renames nothing.
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

_LONGEST = 60  # characters; with fold, seed, size and digests a file's name stays below 255 bytes
_RESERVED = {"all", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_PREFIXES = ("not_", "all_for_")


def subset_labels(subsets: Sequence[Any]) -> list[str]:
    """A label for each subset: its value, with other characters than ASCII letters, digits, _ and - replaced.

    A label that would not be unique (also on disks that ignore case), that is a word of the names themselves
    ("all", "not_…") or a device of Windows, or that is too long gets a digest of the value behind it.

    Examples
    --------
    >>> subset_labels(["MNIST", "New York", "Zürich", 7])
    ['MNIST', 'New_York', 'Zurich', '7']
    >>> subset_labels(["all", "a/b", "a b"])
    ['all-5ef5ef03', 'a_b-c14cddc0', 'a_b-c8687a08']
    """
    plain = [_ascii(str(value)) for value in subsets]
    times = Counter(label.lower() for label in plain)
    marked = [_needs_digest(label, times) for label in plain]
    for length in (8, 16, 64):
        labels = [
            f"{label[:_LONGEST].strip('-') or 'subset'}-{_digest(value)[:length]}" if mark else label
            for label, value, mark in zip(plain, subsets, marked, strict=True)
        ]
        times = Counter(label.lower() for label in labels)
        if len(times) == len(labels):
            break
        # one subset is called what another was named: that one gets a digest too
        marked = [mark or times[label.lower()] > 1 for label, mark in zip(labels, marked, strict=True)]
    return labels


def _ascii(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^A-Za-z0-9_-]", "_", "".join(one for one in letters if not unicodedata.combining(one)))


def _needs_digest(label: str, times: Counter[str]) -> bool:
    low = label.lower()
    taken = times[low] > 1 or low in _RESERVED or low.startswith(_PREFIXES)
    return taken or not low.strip("_-") or low.startswith("-") or len(label) > _LONGEST


def _digest(value: Any) -> str:
    return hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()


def name_train_sets(labels: Sequence[str], splits: Sequence[Split], cells: Cells) -> list[str]:
    """The name of each split's train set; splits that train on the same rows have the same.

    Of several names that a set of rows could have, it is the one of the full size, of the smallest seed and of the
    largest size, in this order: a set keeps its name where smaller sizes or more seeds are added.
    """
    preference = {"all": 0, "same": 1, "other": 2}

    def key(position: int) -> tuple[bool, int, int, int, int]:
        split = splits[position]
        down = split.rows is not None
        return down, split.seed if down else 0, -split.n_train_groups, preference[split.train_subsets], position

    known: dict[bytes, str] = {}
    names = [""] * len(splits)
    for position in sorted(range(len(splits)), key=key):
        split = splits[position]
        names[position] = known.setdefault(_identity(split, cells), _name(split, labels))
    return names


def _identity(split: Split, cells: Cells) -> bytes:
    """The same for the same rows, whatever they are named: the cells, or a digest where rows are left out of them."""
    if split.rows is None:
        mask = cells.train(split.train_subsets, split.test_subset, split.test_fold)
    else:
        made_up = cells.made_up_by(split.rows)
        if made_up is None:
            return b"rows" + hashlib.sha256(split.rows.tobytes()).digest()
        mask = made_up
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
