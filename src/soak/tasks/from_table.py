"""A task made of one table, in two passes over it: what it holds, then its rows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from soak.errors import SoakError
from soak.matrix import RowsFile
from soak.tasks.columns import ColumnScan, scan
from soak.tasks.encode import encode_rows, plan_features, smallest_dtype
from soak.tasks.roles import Roles, resolve_roles
from soak.tasks.settings import TaskSettings
from soak.tasks.tables import open_table
from soak.tasks.targets import RoleValues, check_roles, target_type
from soak.tasks.task import Task, counts, write_json

_LISTED_ROWS = 1000  # of the dropped ones, in the schema


def task_from_table(
    name: str, settings: TaskSettings, path: str | Path | None, where: str, out_arrow: Path, out_schema: Path
) -> None:
    """Build a task from its table and write it.

    Parameters
    ----------
    name : str
    settings : TaskSettings
    path : path, or None for a built-in table
    where : str
        What errors call the table.
    out_arrow, out_schema : path
    """
    with ExitStack() as stack:
        table = stack.enter_context(open_table(settings.table or "", path, where))
        roles = resolve_roles(name, settings, table.names, where)
        scans = scan(table, roles.columns)
        check_roles(name, roles, scans)
        type_ = target_type(name, scans[roles.target], settings.type)
        plan = plan_features(name, table, scans, roles.features, settings.impute)
        feature_names = tuple(feature for column in plan for feature in column.feature_names)
        file = RowsFile(out_arrow.parent, len(feature_names), smallest_dtype(plan, scans))
        stack.enter_context(file)

        values, dropped, n_rows = RoleValues(roles, type_, scans), [], 0
        for batch in table.read(roles.columns):
            columns = dict(zip(roles.columns, batch.columns, strict=True))
            block, incomplete = encode_rows(plan, columns, len(batch), file.dtype)
            values.append(columns, ~incomplete)
            file.append(block[~incomplete] if incomplete.any() else block)
            dropped += (np.flatnonzero(incomplete) + n_rows + 1).tolist()
            n_rows += len(batch)
        task = _task(name, roles, values, file.matrix(), type_, feature_names)
        _check_after_dropping(task, settings, where, n_rows, len(dropped))
        task.write(out_arrow)
        write_json(out_schema, _summary(task, roles, scans, dropped, where))


def _task(
    name: str, roles: Roles, values: RoleValues, features: Any, type_: Any, feature_names: tuple[str, ...]
) -> Task:
    target = values.target
    subset = values.text(roles.subset) if roles.subset else np.full(len(target), name, dtype=object)
    fold = values.numbers(roles.fold).astype(np.int64) if roles.fold else None
    return Task(
        name=name,
        type=type_,
        features=features,
        feature_names=feature_names,
        scale=1.0,
        target=target,
        classes=values.classes,
        subset=subset,
        strata={column: values.text(column) for column in roles.strata},
        group=values.text(roles.group) if roles.group else None,
        fold=fold,
        weights=values.numbers(roles.weights) if roles.weights else None,
    )


def _check_after_dropping(task: Task, settings: TaskSettings, where: str, n_rows: int, n_dropped: int) -> None:
    if not n_dropped:
        return
    key = f"tasks.{task.name}.impute: drop_rows"
    if n_dropped == n_rows:
        raise SoakError(f"{key}: each row of {where} lacks a feature value, so that none is left")
    if task.classes and len(np.unique(task.target)) < len(task.classes):
        lost = next(label for code, label in enumerate(task.classes) if not (task.target == code).any())
        raise SoakError(
            f"{key}: no row of class {lost!r} is left of {where} ({n_dropped} of {n_rows} rows are dropped)"
        )


def _summary(task: Task, roles: Roles, scans: dict[str, ColumnScan], dropped: list[int], where: str) -> dict[str, Any]:
    """What the schema file says: types are inferred once, here, and written down."""
    played = {
        column: role for role in ("target", "subset", "group", "fold", "weights") if (column := getattr(roles, role))
    }
    columns = []
    for name, found in scans.items():
        role = played.get(name, "feature" if name in roles.features else "stratum")
        columns.append({**found.summary(), "role": role})
    return {
        "name": task.name,
        "table": where,
        "type": task.type,
        "rows": len(task.target),
        "dropped_rows": {"count": len(dropped), "first": dropped[:_LISTED_ROWS]},
        "features": len(task.feature_names),
        "dtype": str(task.features.dtype),
        "scale": task.scale,
        "image_shape": None,
        "classes": {label: int(n) for label, n in zip(task.classes, np.bincount(task.target), strict=True)}
        if task.classes
        else None,
        "subsets": counts(task.subset),
        "groups": None if task.group is None else len(set(task.group)),
        "strata": list(roles.strata),
        "constant": [name for name in roles.features if scans[name].constant],
        "columns": columns,
    }
