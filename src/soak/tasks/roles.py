"""Which column of a table plays which role, told before a value is read."""

import re
from dataclasses import dataclass

from soak.errors import SoakError
from soak.names import listed, nearest
from soak.tasks.settings import TaskSettings

_SINGLE = ("target", "subset", "group", "fold", "weights")


@dataclass(frozen=True)
class Roles:
    """Names of columns; None or empty where a task has no such role."""

    target: str
    subset: str | None
    group: str | None
    fold: str | None
    weights: str | None
    strata: tuple[str, ...]
    features: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """All columns that are needed, each once."""
        single = (self.target, self.subset, self.group, self.fold, self.weights)
        return list(dict.fromkeys([*(name for name in single if name), *self.strata, *self.features]))


def resolve_roles(task: str, settings: TaskSettings, names: tuple[str, ...], where: str) -> Roles:
    """Find the columns that the config names.

    Parameters
    ----------
    task : str
        Name of the task, for errors.
    settings : TaskSettings
    names : tuple of str
        The table's columns.
    where : str
        What errors call the table.
    """
    key = f"tasks.{task}"
    single = {role: column for role in _SINGLE if (column := getattr(settings, role)) is not None}
    strata = tuple(settings.stratum or ())
    chosen = settings.features if isinstance(settings.features, list) else []
    named = [*single.items()]
    named += [(f"stratum.{position}", column) for position, column in enumerate(strata)]
    named += [(f"features.{position}", column) for position, column in enumerate(chosen)]
    unknown = [
        f"{key}.{role}: {where} has no column {column!r}; {nearest(column, names, 'its columns')}"
        for role, column in named
        if column not in names
    ]
    if unknown:
        raise SoakError(*unknown)
    taken = {column: role for role, column in single.items()}
    return Roles(
        target=settings.target or "",
        subset=settings.subset,
        group=settings.group,
        fold=settings.fold,
        weights=settings.weights,
        strata=strata,
        features=tuple(chosen) or _features(key, settings, names, where, taken, strata),
    )


def _features(
    key: str,
    settings: TaskSettings,
    names: tuple[str, ...],
    where: str,
    taken: dict[str, str],
    strata: tuple[str, ...],
) -> tuple[str, ...]:
    if isinstance(settings.features, str):
        pattern = re.compile(settings.features)
        matching = [name for name in names if pattern.search(name)]
        found = tuple(name for name in matching if name not in taken)
        if not found:
            what = "no column" if not matching else f"only columns that have another role ({listed(matching)})"
            free = [name for name in names if name not in taken]
            raise SoakError(
                f"{key}.features: {settings.features!r} matches {what} of {where}; "
                f"its columns without a role: {listed(free) or 'none'}"
            )
        _check_meant(settings.features, names, matching, key)
        return found
    found = tuple(name for name in names if name not in taken and name not in strata)
    if not found:
        raise SoakError(f"{key}: no column of {where} is left for the features; its columns: {listed(names)}")
    return found


def _check_meant(pattern: str, names: tuple[str, ...], matching: list[str], key: str) -> None:
    """Raise where a pattern spells a column's name that it does not match, as "Height (m)" does."""
    spelt = [name for name in names if name in pattern.split("|") and name not in matching]
    if spelt:
        raise SoakError(
            f"{key}.features: {pattern!r} is a regular expression, in which signs such as ( ) [ ] mean something else, "
            f"and does not match {listed(spelt)}; write a list of names: [{', '.join(map(repr, spelt))}, …]"
        )
