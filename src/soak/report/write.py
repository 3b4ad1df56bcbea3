"""report.html: one file that a scientist can send to a colleague."""

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soak.errors import SoakError
from soak.figures.captions import caption, title
from soak.figures.colors import COLORS
from soak.files import atomic
from soak.report.content import (
    chart_data,
    costs,
    fits_to_look_at,
    network_texts,
    table_data,
    verdict_cards,
    without_paths,
)
from soak.report.texts import BIBTEX, CITATION, FIGURES
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import stats
from soak.scores.verdicts import CAUTION, RULE, problems
from soak.tables import TABLES

_HERE = Path(__file__).parent


def write_report(
    path: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    figures: Sequence[str | Path] = (),
    config: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    networks: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    notes: Sequence[str] = (),
    verdict: VerdictSettings | None = None,
    facts: Mapping[str, str] | None = None,
    colors: Mapping[str, str] | None = None,
) -> None:
    """Write the report; equal arguments give equal bytes.

    Parameters
    ----------
    path : path
        Of the HTML file.
    tables : mapping of name to DataFrame
        ``scores``, ``stats``, ``pvalues`` and ``verdicts`` are needed; of `TABLES` those that there are.
    figures : sequence of paths
        PNG files; title and caption follow from their names.
    config : mapping, optional
        As it was read; absolute paths in it are cut to their last part.
    versions, facts : mapping of str to str, optional
        Packages and further lines of "how this was made".
    networks : mapping of task to learner to what `soak.learners.check` tells of it, optional
    notes : sequence of str, optional
        What was left out of scores from elsewhere; told above the verdicts.
    verdict : VerdictSettings, optional
        By which ``verdicts`` were made; default the config's, else the defaults.
    colors : mapping, optional
        Of same, other and all, in place of the default.
    """
    missing = [name for name in ("scores", "stats", "pvalues", "verdicts") if name not in tables]
    if missing:
        raise SoakError(f"report: the table {', '.join(missing)} is missing")
    config = {} if config is None else config
    verdict = VerdictSettings.model_validate(config.get("verdict") or {}) if verdict is None else verdict
    page = _environment().get_template("template.html.j2")
    text = page.render(
        **_texts(tables, verdict, notes),
        **_figures_and_tables(tables, figures),
        **_chart(tables["scores"], COLORS if colors is None else colors),
        **_fits(tables),
        networks=network_texts(networks or {}),
        facts=_facts(config, versions or {}, facts or {}),
        config=without_paths(yaml.safe_dump(_plain(config), sort_keys=False, allow_unicode=True, width=110)),
        citation=CITATION,
        bibtex=BIBTEX,
        css=Markup((_HERE / "style.css").read_text()),
        script=Markup((_HERE / "report.js").read_text()),
        parts=_parts(tables, bool(networks)),
    )
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _environment() -> Environment:
    loader = FileSystemLoader(_HERE)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _texts(tables: Mapping[str, pd.DataFrame], verdict: VerdictSettings, notes: Sequence[str]) -> dict[str, Any]:
    scores, fits = tables["scores"], tables.get("fits")
    tasks = scores["task_id"].nunique()
    folds = scores.groupby("task_id")["test_fold"].nunique()
    failed = 0 if fits is None else int((fits["status"] != "ok").sum())
    few = "fold" if folds.max() == 1 else "folds"
    span = str(folds.max()) if folds.min() == folds.max() else f"{folds.min()} to {folds.max()}"
    chosen = verdict.algorithm if verdict.algorithm != "best" else "the best algorithm of each test subset"
    return {
        "title": f"SOAK: {', '.join(scores['task_id'].unique())}" if tasks <= 4 else f"SOAK: {tasks} tasks",
        "summary": (
            f"{tasks} {'task' if tasks == 1 else 'tasks'}, {scores['algorithm'].nunique()} algorithms, {span} {few}, "
            f"{len(scores)} scores. Same: trained on the subset that is tested; other: on the others; all: on all of them."
        ),
        "cards": verdict_cards(tables["verdicts"]),
        "problems": [*map(without_paths, notes), *problems(scores)],
        "failed": f"{failed} of {len(fits)} fits failed: see Fits." if fits is not None and failed else "",
        "rule": RULE,
        "alpha": f"{verdict.alpha:g}",
        "choice": f"Here {chosen} decides, over {span} {few}.",
        "caution": CAUTION,
    }


def _figures_and_tables(tables: Mapping[str, pd.DataFrame], figures: Sequence[str | Path]) -> dict[str, Any]:
    order = {name: number for number, name in enumerate(FIGURES)}
    paths = sorted(map(Path, figures), key=lambda path: (order.get(path.stem, len(order)), path.stem))
    shown = []
    for path in paths:
        data = path.read_bytes()
        width, height = struct.unpack(">II", data[16:24])
        told = {"name": path.stem, "title": title(path.stem), "caption": caption(path.stem)}
        shown.append(told | {"data": base64.b64encode(data).decode(), "width": width, "height": height})
    return {
        "figures": shown,
        "tables": [
            {
                "name": name,
                "what": f"{table.title}; {len(tables[name])} rows",
                "json": _json(table_data(tables[name])),
            }
            for name, table in TABLES.items()
            if name in tables
        ],
    }


def _chart(scores: pd.DataFrame, colors: Mapping[str, str]) -> dict[str, Any]:
    data = chart_data(scores, colors)
    panels = [f"{panel['task']}: {panel['test_subset']}" for panel in data["panels"]]
    vega = Markup((_HERE / "vendor" / "vega.js").read_text()) if panels else ""
    return {"chart": _json(data) if panels else "", "chart_panels": panels, "vega": vega}


def _fits(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    if not {"fits", "times", "splits"} <= set(tables):
        return {"costs": None, "odd_fits": []}
    told = costs(tables["times"], tables["fits"], tables["splits"])
    rows = told.pop("learners").to_dict("records")
    return {"costs": told | {"rows": rows}, "odd_fits": fits_to_look_at(tables["fits"])}


def _facts(config: Mapping[str, Any], versions: Mapping[str, str], facts: Mapping[str, str]) -> list[tuple[str, str]]:
    seeds = config.get("seed") or {}
    lines = [("seeds", f"resampling {seeds.get('resampling', 1)}, train {seeds.get('train', 1)}")] if config else []
    lines += [(name, without_paths(str(value))) for name, value in facts.items()]
    return lines + [(name, str(value)) for name, value in versions.items()]


def _parts(tables: Mapping[str, pd.DataFrame], networks: bool) -> list[tuple[str, str]]:
    parts = [("verdicts", "Verdicts")]
    parts += [("errors", "Test errors")] if stats(tables["scores"]).size else []
    parts += [("figures", "Figures"), ("tables", "Tables")]
    parts += [("fits", "Fits")] if {"fits", "times", "splits"} <= set(tables) else []
    parts += [("networks", "Networks")] if networks else []
    return [*parts, ("provenance", "How this was made"), ("cite", "How to cite")]


def _json(data: Any) -> Markup:
    """JSON for a script element: no text in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _plain(value: Any) -> Any:
    """Dicts and lists of the config as YAML knows them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
