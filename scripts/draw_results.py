"""Rule draw_results: test errors, same against other and all, from the tables alone."""

from pathlib import Path

from soak.config.output import FigureSettings, FocusSettings
from soak.figures.comparisons import pvalue, pvalue_downsample
from soak.figures.focus import find_focus, same_other_all, train_other
from soak.figures.nothing import nothing
from soak.figures.output import FigureFolder
from soak.figures.overview import overview
from soak.figures.sizes import sizes
from soak.figures.test_error import test_error, test_error_mean_sd
from soak.job import job
from soak.tables import read_table

with job(snakemake.log):
    given, params = snakemake.input, snakemake.params
    folder = FigureFolder(Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures))
    scores, pvalues = read_table(given.scores), read_table(given.pvalues)
    focus = find_focus(scores, FocusSettings.model_validate(params.focus))
    draw = {
        "test_error": lambda: test_error(scores, folder),
        "test_error_mean_sd": lambda: test_error_mean_sd(scores, folder),
        "train_other": lambda: focus and train_other(scores, focus, folder),
        "same_other_all": lambda: focus and same_other_all(scores, focus, folder),
        "pvalue": lambda: pvalue(scores, pvalues, folder),
        "overview": lambda: overview(read_table(given.verdicts), pvalues, folder),
        "pvalue_downsample": lambda: pvalue_downsample(scores, read_table(given.downsampled[0]), folder),
        "sizes": lambda: sizes(scores, folder),
    }
    for name in params.names:
        if not draw[name]():
            nothing(name, folder)
