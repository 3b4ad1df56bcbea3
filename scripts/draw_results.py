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
from soak.labels import Labels
from soak.tables import read_table

with job(snakemake.log, snakemake.input, snakemake.output):
    given, params = snakemake.input, snakemake.params
    settings, labels = FigureSettings.model_validate(params.figures), Labels(**params.labels)
    measure = snakemake.wildcards.get("measure", "")
    results = Results.read(
        given.scores,
        given.pvalues,
        given.verdicts,
        *(next(iter(given.get(name, [])), None) for name in ("downsampled", "transfer")),
        references=params.references,
        focus=FocusSettings.model_validate(params.focus),
        alpha=params.alpha,
        margin=params.margin,
        order=settings.algorithms,
        labels=labels,
    )
    folder = Path(snakemake.output[0]).parent
    if measure:
        (folder / f"{PAGES}_by_{measure}").mkdir(exist_ok=True)
        draw_files(params.names, results.of_measure(measure), folder, settings, measure, labels)
    else:
        (folder / PAGES).mkdir(exist_ok=True)
        facts = {name: labels.shown(read_table(given[name])) for name in ("times", "datasets", "subset_rows")}
        types = {labels.task(task): kind for task, kind in params.subset_types.items()}
        results = replace(results, facts=Facts(**facts, subset_types=types))
        draw_files(params.names, results, folder, settings, labels=labels)
        views = {name: ViewSettings.model_validate(view) for name, view in params.views.items()}
        draw_views(views, results, folder, settings, labels)
