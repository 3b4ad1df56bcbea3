"""Names in the config: which are allowed, and a suggestion for one that is not known."""

import difflib
import re
from collections.abc import Iterable, Sequence

NAME = re.compile(r"[A-Za-z0-9_.-]+")

FULL = "full"  # the only subset of a task without subsets, or whose subsets are ignored, as in R

KeyPath = tuple[str | int, ...]
Problem = tuple[KeyPath, str]  # the key path in the config, and what is wrong there


def check_name(name: str) -> str | None:
    """Why a data set, task or learner cannot have a name, which becomes part of file names; None if it can."""
    if not NAME.fullmatch(name):
        return f"expected a name of letters, digits, '_', '.' and '-' only, got {name!r}"
    if name.startswith((".", "-")) or len(name) > 100:
        return f"expected a name that starts with a letter, digit or '_' and has at most 100 characters, got {name!r}"
    return None


def nearest(name: str, known: Iterable[str], label: str = "allowed") -> str:
    """A suggestion in place of a name that is not known: the nearest known one, or the first ten.

    Examples
    --------
    >>> nearest("fold", ["folds", "seeds"]), nearest("x", ["folds", "seeds"])
    ("did you mean 'folds'?", 'allowed: folds, seeds')
    """
    names = list(known)
    near = nearest_name(name, names)
    return f"did you mean {near!r}?" if near else f"{label}: {listed(names) or 'none'}"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs in case only or is spelled much like ``name``; None if there is none."""
    names = list(known)
    same_letters = [candidate for candidate in names if candidate.casefold() == name.casefold()]
    return next(iter(same_letters or difflib.get_close_matches(name, names, n=1, cutoff=0.6)), None)


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names on one line; one with line breaks or the like is shown escaped."""
    printable = [name if name.isprintable() else repr(name) for name in names[:most]]
    return ", ".join(printable) + (", …" if len(names) > most else "")


def counted(count: int, unit: str) -> str:
    """A number of things: "1 row", "2 classes"."""
    plural = f"{unit}es" if unit.endswith("s") else f"{unit}s"
    return f"{count} {unit if count == 1 else plural}"


def same_but_for_case(key: str, names: Iterable[str]) -> list[Problem]:
    """A problem for each name that a disk which ignores case cannot tell from an earlier one."""
    first: dict[str, str] = {}
    problems: list[Problem] = []
    for name in names:
        earlier = first.setdefault(name.casefold(), name)
        if earlier != name:
            message = f"differs from {earlier!r} in case only, which some disks ignore; use another name"
            problems.append(((key, name), message))
    return problems


def repeated(names: Iterable[str]) -> str | None:
    """The first name that occurs a second time; None if all differ."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
