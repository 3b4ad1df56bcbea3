"""What people read in the place of names: the labels of tasks, subsets, algorithms and measures.

Tables hold names, so that they can be joined. Where a table becomes words or a figure, `Labels.shown` puts the labels in
the place of the names, and all that is made of it speaks of labels.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from typing import Annotated

import pandas as pd
from pydantic import BeforeValidator, Field

from soak.errors import SoakError
from soak.measures import labelled
from soak.names import nearest
from soak.settings import Label, Settings

# Columns of tables, and whose names they hold
_COLUMNS = {
    "task_id": "tasks",
    "task": "tasks",
    "test_subset": "subsets",
    "train_subset": "subsets",
    "subset": "subsets",
    "algorithm": "algorithms",
    "learner": "learners",
}


def _value_as_text(value: object) -> object:
    """A number or a boolean as text: YAML reads the subset 2015 as a number."""
    return str(value) if isinstance(value, int | float) else value


ValueName = Annotated[str, BeforeValidator(_value_as_text, json_schema_input_type=str | int | float | bool)]


class LabelSettings(Settings):
    """What figures, report and sentences call subsets, algorithms and measures; tasks and learners have a key `label`.

    Tables in results/tables/ keep the names.
    """

    subsets: dict[ValueName, Label] = Field(
        default={}, description="label of each value of a subset column", examples=[{"N": "North"}]
    )
    algorithms: dict[str, Label] = Field(
        default={},
        description="label of each algorithm, as cv_glmnet_min; default: that of its learner",
        examples=[{"cv_glmnet_min": "L1 linear model"}],
    )
    measures: dict[str, Label] = Field(
        default={},
        description="label of each measure, with its unit",
        examples=[{"mean_squared_error": "squared error (m²)"}],
    )


@dataclass(frozen=True)
class Labels:
    """Labels by name; what has none keeps its name."""

    tasks: Mapping[str, str] = field(default_factory=dict)
    subsets: Mapping[str, str] = field(default_factory=dict)
    algorithms: Mapping[str, str] = field(default_factory=dict)
    learners: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)

    def as_params(self) -> dict[str, dict[str, str]]:
        """The labels as plain values, from which `Labels` makes them again: ``Labels(**params)``."""
        return {one.name: dict(getattr(self, one.name)) for one in fields(self)}

    def task(self, name: str) -> str:
        """The label of a task."""
        return self.tasks.get(name, name)

    def subset(self, name: str) -> str:
        """The label of a subset."""
        return self.subsets.get(name, name)

    def learner(self, name: str) -> str:
        """The label of a learner."""
        return self.learners.get(name, name)

    def algorithm(self, name: str) -> str:
        """The label of an algorithm."""
        return self.algorithms.get(name, name)

    def shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with labels in the place of names, of the same order.

        Raises
        ------
        SoakError
            If two names would become one.
        """
        return self._replaced(table, {kind: getattr(self, kind) for kind in set(_COLUMNS.values())})

    def stored(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table that `shown` has made, or what was made of it, with names again.

        A figure may name learners beside algorithms in one column.
        """
        kinds = {kind: getattr(self, kind) for kind in set(_COLUMNS.values())}
        kinds["algorithms"] = dict(self.learners) | dict(self.algorithms)
        return self._replaced(
            table, {kind: {label: name for name, label in names.items()} for kind, names in kinds.items()}
        )

    def _replaced(self, table: pd.DataFrame, by_kind: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
        new = {}
        for column, kind in _COLUMNS.items():
            if column in table.columns and by_kind[kind]:
                names = [str(name) for name in table[column].dropna().unique()]
                if any(name in by_kind[kind] for name in names):
                    _check_distinct(kind, names, by_kind[kind])
                    new[column] = _named(table[column], by_kind[kind])
        return table.assign(**new)

    def measured(self) -> AbstractContextManager[None]:
        """Within this context measures are called by their labels."""
        return labelled(self.measures)

    def check(self, splits: pd.DataFrame) -> None:
        """Raise a SoakError if a label is of a subset that no task has, or two subsets of a task would have one label.

        Parameters
        ----------
        splits : DataFrame with columns task_id and test_subset
        """
        subsets = [str(name) for name in splits["test_subset"].unique()]
        for name in self.subsets:
            if name not in subsets:
                raise SoakError(f"labels.subsets: there is no subset {name!r}; {nearest(name, subsets, 'subsets')}")
        _check_distinct("subsets", subsets, self.subsets)


def _check_distinct(kind: str, names: list[str], labels: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for name in names:
        owner = owners.setdefault(labels.get(name, name), name)
        if owner != name:
            raise SoakError(
                f"labels.{kind}: expected labels that differ, got {labels.get(name, name)!r} for {owner} and {name}"
            )


def _named(column: pd.Series, labels: Mapping[str, str]) -> pd.Series:
    return column.map(lambda name: labels.get(name, name))
