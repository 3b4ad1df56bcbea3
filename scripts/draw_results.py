"""Rule draw_results: test errors, same against other and all, from the tables alone."""

from dataclasses import replace
from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.facts import Facts
from soak.figures.page import PAGES
from soak.figures.results import Results
from soak.figures.settings import FigureSettings, FocusSettings, ViewSettings
from soak.figures.views import draw_views
from soak.job import job
from soak.tables import read_table

with job(snakemake.log):
    given, params = snakemake.input, snakemake.params
    results = Results.read(
        given.scores,
        given.pvalues,
        given.verdicts,
        *(next(iter(given.get(name, [])), None) for name in ("downsampled", "transfer")),
        references=params.references,
        focus=FocusSettings.model_validate(params.focus),
        alpha=params.alpha,
        margin=params.margin,
    )
    facts = {name: read_table(given[name]) for name in ("times", "datasets", "subset_rows")}
    results = replace(results, facts=Facts(**facts, subset_types=params.subset_types))
    folder, settings = Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures)
    (folder / PAGES).mkdir(exist_ok=True)
    draw_files(params.names, results, folder, settings)
    draw_views(
        {name: ViewSettings.model_validate(view) for name, view in params.views.items()}, results, folder, settings
    )
