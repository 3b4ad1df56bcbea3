"""Means, p values and verdicts from a table of scores."""

from soak.statistics.problems import problems
from soak.statistics.read_scores import read_scores
from soak.statistics.summaries import first_measures, measure_columns, pvalues, pvalues_downsample, stats
from soak.statistics.verdicts import summary, verdicts

__all__ = [
    "first_measures",
    "measure_columns",
    "problems",
    "pvalues",
    "pvalues_downsample",
    "read_scores",
    "stats",
    "summary",
    "verdicts",
]
