"""Rule draw_results: test errors, same against other and all, from the tables alone."""

from pathlib import Path

from soak.figures.catalog import draw_files
from soak.figures.results import Results
from soak.figures.settings import FigureSettings, FocusSettings
from soak.job import job

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
    folder = Path(snakemake.output[0]).parent
    draw_files(params.names, results, folder, FigureSettings.model_validate(params.figures))
