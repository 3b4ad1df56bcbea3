"""report.html: one file that a scientist can send to a colleague."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soak.errors import SoakError
from soak.figures.settings import FigureSettings
from soak.files import atomic
from soak.labels import Labels
from soak.names import counted
from soak.report.content import (
    BIBTEX,
    CITATION,
    chart_data,
    data_cards,
    fit_costs,
    fit_problems,
    network_texts,
    script_json,
    shown_figures,
    summary_rows,
    table_data,
    verdict_cards,
    without_paths,
)
from soak.report.policy import with_policy
from soak.report.words import CAUTION, folds_of, in_short, methods, rule
from soak.scores.notes import notes_on, problems
from soak.scores.printed import summary as printed
from soak.scores.settings import VerdictSettings
from soak.scores.transfer import sentences
from soak.tables import TABLES

_HERE = Path(__file__).parent
_NEEDED = ("scores", "stats", "pvalues", "verdicts")
_MOST_IN_WORDS = 12  # test subsets: the sentences of more are folded
_OF_FITS = {"fits", "times", "splits"}  # tables that scores from elsewhere come without


def write_report(
    path: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    figures: Sequence[str | Path] = (),
    config: Mapping[str, Any] | None = None,
    references: Collection[str] = (),
    networks: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    notes: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
    labels: Labels | None = None,
) -> None:
    """Write the report; equal arguments give equal bytes.

    Parameters
    ----------
    path : path
        Of the HTML file.
    tables : mapping of name to DataFrame
        ``scores``, ``stats``, ``pvalues`` and ``verdicts`` are needed; of the other tables those that there are.
    figures : sequence of paths
        PNG files; title and caption follow from their names.
    config : mapping, optional
        As it was read; absolute paths in it are cut to their last part.
    references : collection of str
        Algorithms that use no features.
    networks : mapping of task to learner to what `LearnerType.check` returns, optional
    notes : sequence of str, optional
        What was left out of scores from elsewhere; shown above the verdicts.
    facts : mapping of str to str, optional
        Lines of "How this was made": versions and the system.
    labels : Labels, optional
        What the report calls tasks, subsets, algorithms and measures; the tables at its end hold names.

    Raises
    ------
    SoakError
        If a table that is needed is missing.
    """
    missing = [name for name in _NEEDED if name not in tables]
    if missing:
        raise SoakError(f"report: expected the tables {', '.join(_NEEDED)}, got none called {', '.join(missing)}")
    config, labels = config or {}, labels or Labels()
    called = {name: labels.shown(table) for name, table in tables.items()}
    references = list(map(labels.algorithm, references))
    loader = FileSystemLoader(_HERE)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawn = FigureSettings.model_validate(config.get("figures") or {})
    verdict = VerdictSettings.model_validate(config.get("verdict") or {})
    verdict = verdict.model_copy(update={"algorithm": labels.algorithm(verdict.algorithm)})
    with labels.measured():
        shown = shown_figures(figures, drawn.views, labels)
        answer = _verdicts(called, verdict, references, notes)
        order = list(map(labels.algorithm, drawn.algorithms))
        chart = _chart(chart_data(called["scores"], references, drawn.style.colors, order))
        answers = printed(called["verdicts"], called["scores"])
        paragraph = methods(called, verdict, facts or {}, config.get("seed"))
    summary = summary_rows(answers, called["verdicts"])
    text = environment.get_template("template.html.j2").render(
        **answer,
        **chart,
        summary_table=summary,
        n_tests=(n_tests := sum(map(len, summary.values()))),
        folds_words=n_tests > _MOST_IN_WORDS,
        data=data_cards(called["data"], called["data_notes"]) if set(tables) >= {"data", "data_notes"} else [],
        figures=shown,
        figure_names=[figure["name"] for figure in shown],
        groups=list(dict.fromkeys(figure["group"] for figure in shown)),
        methods=paragraph,
        tables=_tables({"summary": answers, **tables}),
        costs=fit_costs(tables["times"], tables["fits"], tables["splits"]) if set(tables) >= _OF_FITS else None,
        fit_problems=fit_problems(tables["fits"]) if "fits" in tables else [],
        networks=network_texts(networks or {}),
        facts=_facts(config, facts or {}),
        config=without_paths(yaml.safe_dump(_yaml_value(config), sort_keys=False, allow_unicode=True, width=110)),
        citation=CITATION,
        bibtex=BIBTEX,
        css=Markup((_HERE / "style.css").read_text(encoding="utf-8")),
        script=Markup((_HERE / "report.js").read_text(encoding="utf-8")),
    )
    with atomic(path) as temporary:
        temporary.write_text(with_policy(text), encoding="utf-8")


def _verdicts(
    tables: Mapping[str, pd.DataFrame], verdict: VerdictSettings, references: Collection[str], notes: Sequence[str]
) -> dict[str, Any]:
    """Title, summary, verdicts, and how they came about."""
    scores = tables["scores"]
    tasks = scores["task_id"].unique()
    failed, made = _failed(tables)
    return {
        "title": f"SOAK: {', '.join(tasks)}" if len(tasks) <= 4 else f"SOAK: {len(tasks)} tasks",
        "summary": in_short(scores),
        "cards": verdict_cards(tables["verdicts"]),
        "transfers": [
            f"{task}: {text}" for task, text in sentences(tables["transfer"], tables["verdicts"], references).items()
        ]
        if "transfer" in tables
        else [],
        "problems": [
            *map(without_paths, notes),
            *problems(scores, verdict.algorithm, references),
            *notes_on(tables["verdicts"], scores, verdict.alpha),
        ],
        "failed": f"{failed} of {made} fits failed: see Fits." if failed else "",
        "rule": rule(verdict, folds_of(scores)),
        "caution": CAUTION,
    }


def _failed(tables: Mapping[str, pd.DataFrame]) -> tuple[int, int]:
    """Number of failed fits, and of all."""
    if "fits" not in tables:
        return 0, 0
    return int((tables["fits"]["status"] == "failed").sum()), len(tables["fits"])


def _chart(data: dict[str, Any]) -> dict[str, Any]:
    """The chart's data, and the names of its panels; empty without scores."""
    if not data["panels"]:
        return {"chart": "", "chart_panels": []}
    names = [f"{panel['task']}: {panel['test_subset']}" for panel in data["panels"]]
    return {"chart": Markup(script_json(data)), "chart_panels": names}


def _tables(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": f"{table.title}; {counted(len(tables[name]), 'row')}",
            "json": Markup(script_json(table_data(tables[name]))),
        }
        for name, table in TABLES.items()
        if name in tables
    ]


def _facts(config: Mapping[str, Any], facts: Mapping[str, str]) -> list[tuple[str, str]]:
    seeds, are_ours = config.get("seed") or {}, config and not config.get("scores")
    lines = [("seeds", f"resampling {seeds.get('resampling', 1)}, train {seeds.get('train', 1)}")] if are_ours else []
    return lines + [(name, without_paths(str(value))) for name, value in facts.items()]


def _yaml_value(value: Any) -> Any:
    """Dicts and lists of the config as YAML knows them."""
    if isinstance(value, Mapping):
        return {str(key): _yaml_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_yaml_value(inner) for inner in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
