"""Random score tables, with missing scores too: R's statistics and P values wherever it has them.

Where scores are missing R's means are NA; ours are of the scores that exist, and a comparison without a single pair has no row.
"""

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_cases

from soak.scores.summaries import pvalues, pvalues_downsample, stats

KEYS = {"task_id": "task_id", "test.subset": "test_subset", "algorithm": "algorithm"}
STATS = {"value_mean": "mean", "value_sd": "sd", "value_length": "n"}
TESTS = {
    "mean_diff": "mean_diff", "p.paired": "p_paired", "p.unpaired": "p_unpaired", "same_mean": "same_mean",
    "compare_mean": "compare_mean", "N": "n",
}  # fmt: skip


def score_table(case, measure):
    names = {"train.subsets": "train_subsets", "test.fold": "test_fold", "n.train.groups": "n_train_groups"} | KEYS
    table = pd.DataFrame(case["columns"]).rename(columns=names)
    return table.drop(columns=case["measures"]).assign(**{measure: table[measure].astype(float)})


def rows(columns):
    """Rows of a table of R's answer, which is given by columns."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def check(ours, theirs, keys, numbers):
    """Every number that R has is ours; R's n counts rows without a score too."""
    found = {tuple(str(row[key]) for key in keys.values()): row for row in ours.to_dict("records")}
    for row in theirs:
        number = {ours: np.nan if row[r] in ("NA", "NaN") else row[r] for r, ours in numbers.items()}
        place = tuple(str(row[key]) for key in keys)
        if place not in found:  # no scores, or no pair of scores
            assert np.isnan([number.get("mean", np.nan), number.get("p_paired", np.nan)]).all()
            continue
        assert found[place]["n"] <= number.pop("n")
        for name, expected in number.items():
            value = found[place][name]
            if name.startswith("p_") or not np.isnan(expected):
                assert value == pytest.approx(expected, rel=1e-9, abs=0, nan_ok=True), (place, name)


@pytest.mark.parametrize(("case", "answer"), read_cases("random/pvalues"))
def test_statistics_and_p_values_are_r_s(case, answer):
    for measure, of_measure in answer["answer"].items():
        scores = score_table(case, measure)
        if "error" in of_measure:  # a table that lacks a kind of train set
            assert pvalues(scores).empty
            continue
        sizes = {"Train_subsets": "train_subsets", "n.train.groups": "n_train_groups"}
        check(stats(scores), rows(of_measure["stats"]), KEYS | sizes, STATS)
        check(pvalues(scores), rows(of_measure["pvalues"]), KEYS | {"Train_subsets": "comparison"}, TESTS)
        ours = pvalues_downsample(scores)
        ours["sample_size"] = [
            "full" if full else str(size)
            for full, size in zip(ours["n_train_groups"].isna(), ours["n_train_groups"].fillna(0), strict=True)
        ]
        for part in of_measure["down"]:
            if "error" not in part:
                group = {key: part.pop(key)[0] for key in KEYS}
                comparisons = [row | group for row in rows(part)]
                check(ours, comparisons, KEYS | {"Train_subsets": "comparison", "sample_size": "sample_size"}, TESTS)
