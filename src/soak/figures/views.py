"""Views: a figure of the catalogue, of a part of the results and under a name of the config's choice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from soak.errors import SoakError
from soak.figures.catalog import view_figures
from soak.figures.page import Page, save
from soak.figures.results import Results
from soak.figures.settings import FigureSettings, ViewSettings
from soak.files import atomic
from soak.labels import Labels
from soak.names import nearest
from soak.scores.summaries import measure_columns


def draw_views(
    views: Mapping[str, ViewSettings],
    results: Results,
    folder: Path,
    settings: FigureSettings,
    labels: Labels | None = None,
) -> None:
    """Draw views into files, each as NAME.png, the other formats, NAME.csv and captions/NAME.rst.

    Raises
    ------
    SoakError
        If a view names a task, algorithm or measure that the results lack.
    """
    labels = labels or Labels()
    for name, view in views.items():
        figure = view_figures()[view.figure]
        title, caption = view.title or figure.title, view.caption or figure.caption
        page = Page(title, caption, settings.style, settings.titles, settings.width)
        with labels.measured(), page.applied():
            drawn = figure.draw(part_of(results, _labelled(view, labels), name), page)
            save(page.nothing(drawn) if isinstance(drawn, str) else drawn, folder, name, settings)
        with atomic(folder / "captions" / f"{name}.rst") as temporary:
            temporary.write_text(f"{view.caption or figure.caption}\n", encoding="utf-8")


def _labelled(view: ViewSettings, labels: Labels) -> ViewSettings:
    """A view whose tasks and algorithms are called as in results that hold labels."""
    tasks = view.tasks and {
        labels.task(old): labels.task(old) if new == old else new for old, new in view.tasks.items()
    }
    algorithms = view.algorithms and list(map(labels.algorithm, view.algorithms))
    return view.model_copy(update={"tasks": tasks, "algorithms": algorithms})


def part_of(results: Results, view: ViewSettings, name: str = "") -> Results:
    """The part of the results that a view shows: its tasks, algorithms and measures, in its order.

    Raises
    ------
    SoakError
        If it names one that the results lack.
    """
    scores = results.scores
    where = f"figures.views.{name}"
    _check(f"{where}.tasks", view.tasks or {}, scores["task_id"].unique(), "tasks")
    _check(f"{where}.algorithms", view.algorithms or [], scores["algorithm"].unique(), "algorithms")
    _check(f"{where}.measures", view.measures or [], measure_columns(scores), "measures")
    tables = {
        field: getattr(results, field)
        for field in ("scores", "pvalues", "verdicts", "downsampled", "transfer")
        if getattr(results, field) is not None
    }
    facts = {field: getattr(results.facts, field) for field in ("times", "datasets", "subset_rows")}
    types = dict(results.facts.subset_types)
    if view.tasks is not None:
        tables = {field: _tasks(table, view.tasks) for field, table in tables.items()}
        # Facts are known by the name of the task, or by what it is called here
        facts = {field: _tasks(_called(table, view.tasks), view.tasks) for field, table in facts.items()}
        types |= {new: types.get(old, types.get(new, "")) for old, new in view.tasks.items()}
    if view.algorithms is not None:
        tables = {field: _ordered(table, "algorithm", view.algorithms) for field, table in tables.items()}
    if view.measures is not None:
        others = [column for column in tables["scores"].columns if column not in measure_columns(tables["scores"])]
        tables["scores"] = tables["scores"][[*others, *view.measures]]
    own = replace(results.facts, **facts, subset_types=types, comparisons=view.comparisons)
    return replace(results, **tables, facts=own)


def _check(where: str, names: Mapping[str, str] | Sequence[str], known: Sequence[str], kind: str) -> None:
    for name in names:
        if name not in set(known):
            raise SoakError(f"config: {where}: the results have no {kind[:-1]} '{name}'; {nearest(name, known, kind)}")


def _tasks(table: pd.DataFrame, tasks: Mapping[str, str]) -> pd.DataFrame:
    chosen = _ordered(table, "task_id", list(tasks))
    return chosen.assign(task_id=chosen["task_id"].map(tasks))


def _called(table: pd.DataFrame, tasks: Mapping[str, str]) -> pd.DataFrame:
    """A table of facts with rows of what a task is called, for tasks that have none under their own name."""
    missing = {old: new for old, new in tasks.items() if old not in set(table["task_id"])}
    copies = [table[table["task_id"] == new].assign(task_id=old) for old, new in missing.items()]
    return pd.concat([table, *copies]) if copies else table


def _ordered(table: pd.DataFrame, column: str, names: Sequence[str]) -> pd.DataFrame:
    """The rows of some names, in their order."""
    if column not in table.columns:
        return table
    places = {name: place for place, name in enumerate(names)}
    rows = table[table[column].isin(names)]
    order = ["task_id", column] if column != "task_id" else [column]
    tasks = {task: place for place, task in enumerate(rows["task_id"].unique())}
    keys = pd.DataFrame({"task": rows["task_id"].map(tasks), "own": rows[column].map(places)}, index=rows.index)
    by = ["own"] if len(order) == 1 else ["task", "own"]
    return rows.loc[keys.sort_values(by, kind="stable").index]
