"""The figure seeds: P values of each seed apart."""

from pathlib import Path

import pandas as pd
import pytest
from figure_cases import checked, results
from scipy.stats import ttest_rel

from soak.scores.published import read_scores
from soak.scores.summaries import pvalues

EXCERPT = Path(__file__).parents[1] / "reference/paper/soaked_seeds.csv.gz"


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """The author's simulation: at full size each seed has the scores of the first."""
    table = read_scores(EXCERPT)
    full = table["n_train_groups"] == table["groups"]
    repeated = [table[full].assign(seed=seed) for seed in range(2, 11)]
    return pd.concat([table, *repeated], ignore_index=True)


def test_each_seed_has_the_paired_test_of_its_own_scores(scores):
    rows = checked("seeds", results(scores)).data
    assert rows.groupby(["task_id", "test_subset", "comparison", "size"]).size().eq(10).all()
    one = rows.query("task_id == 'iid_easy' and test_subset == 'large' and comparison == 'other-same' and seed == 3")
    for size, n_train in (("equal", (36, 36)), ("full", (72, 36))):
        own = scores.query("task_id == 'iid_easy' and test_subset == 'large' and seed == 3")
        values = [
            own[(own["train_subsets"] == train) & (own["n_train_groups"] == n)].sort_values("test_fold")
            for train, n in zip(("same", "other"), n_train, strict=True)
        ]
        expected = ttest_rel(values[1]["root_mean_squared_error"], values[0]["root_mean_squared_error"]).pvalue
        assert one.loc[one["size"] == size, "p_paired"].item() == pytest.approx(expected)


def test_one_seed_has_nothing_to_compare(scores):
    drawn = checked("seeds", results(scores[scores["seed"] == 1]))
    assert "drawn once only" in drawn.data["nothing_to_draw"].item()


def test_seeds_are_no_new_evidence_in_the_figures_of_p_values(scores):
    """Ten seeds of ten folds are ten pairs: of one distribution, equal train sets do not differ."""
    drawn = results(scores)
    for name in ("pvalue", "pvalue_downsample"):
        tested = checked(name, drawn).data.query("line == 'other-same'")
        assert set(tested["n"]) == {10}
    iid = tested.query("task_id == 'iid_easy' and test_subset == 'large'").set_index("n_train_groups")["p_paired"]
    assert iid[36] > 0.3
    assert pvalues(scores)["n"].max() == 100  # R's numbers stay R's
