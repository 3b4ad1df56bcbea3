"""Names in the config: what may be one, and a hint for one that is not known."""

import difflib
import re
from collections.abc import Iterable, Sequence

NAME = re.compile(r"[A-Za-z0-9_.-]+")

KeyPath = tuple[str | int, ...]
Problem = tuple[KeyPath, str]  # the key path in the config, and what is wrong there


def check_name(name: str) -> str | None:
    """Why a name of a data set, task or learner cannot be a file's name; None if it can."""
    if not NAME.fullmatch(name):
        return f"{name!r} is not a name; allowed: letters, digits, _ . - only"
    if name.startswith((".", "-")) or len(name) > 100:
        return f"{name!r} is not a name; it starts with a letter, digit or _, and has at most 100 characters"
    return None


def nearest(name: str, known: Iterable[str], kind: str = "allowed") -> str:
    """A hint for a name that is not known: the nearest of those that are, or the first ten of them."""
    names = list(known)
    near = nearest_name(name, names)
    return f"did you mean {near!r}?" if near else f"{kind}: {listed(names) or 'none'}"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The name that is this one but for case, or much like it; None if there is none."""
    names = list(known)
    folded = [other for other in names if other.casefold() == name.casefold()]
    return next(iter(folded or difflib.get_close_matches(name, names, n=1, cutoff=0.6)), None)


def listed(names: Sequence[str]) -> str:
    """The first ten names, in one line whatever they hold."""
    printable = [name if name.isprintable() else repr(name) for name in names[:10]]
    return ", ".join(printable) + (", …" if len(names) > 10 else "")


def same_but_for_case(key: str, names: Iterable[str]) -> list[Problem]:
    """Names of files that a disk which ignores case would take for one."""
    first: dict[str, str] = {}
    problems: list[Problem] = []
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            problems.append(
                (
                    (key, name),
                    f"differs from {other!r} in case only, which some disks ignore; use another name",
                )
            )
    return problems


def repeated(names: Iterable[str]) -> str | None:
    """The first name that comes again; None if all differ."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
