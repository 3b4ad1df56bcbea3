"""Scores from elsewhere that are not as they should be: the report says so in its place, and the rest is drawn."""

import html
import re

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

CONFIG = {"scores": {"published": {"file": "published.csv"}}, "figures": {"formats": ["png"]}}


@pytest.fixture(scope="module")
def good(finished):
    """Scores of one task, as R's package names their columns."""
    scores = pd.read_csv(finished / "tables/scores.csv").query("task_id == 'Trees'")
    kept = scores[["task_id", "test_subset", "train_subsets", "test_fold", "algorithm", "zero_one_loss"]]
    return kept.rename(columns={"zero_one_loss": "classif.ce", "train_subsets": "train.subsets"})


def test_all_that_is_odd_is_told_and_the_rest_is_drawn(workflow, good):
    gap = good.assign(task_id="Gap")
    gap.loc[gap.index[:2], "classif.ce"] = [np.nan, np.inf]
    tables = [
        good,
        good.iloc[:3],
        good[good["test_fold"] == 1].assign(task_id="OneFold"),
        good[(good["test_subset"] == "north") & (good["train.subsets"] == "same")].assign(task_id="OneSubset"),
        good.assign(task_id="Failed", **{"classif.ce": np.nan}),
        gap,
    ]
    run = workflow(CONFIG)
    pd.concat(tables).assign(gini=0.5).to_csv(run.folder / "published.csv", index=False)
    run.run()
    text = html.unescape(re.sub(r"<(script|style)\b.*?</\1>", "", (run / "report.html").read_text(), flags=re.S))
    for told in (
        "published.csv: columns left out, since no measure has their name: gini.",
        "published.csv: 3 rows that repeat another (first: row",
        "OneFold: one fold only: standard deviations and P values are undefined.",
        "OneSubset: one subset only (north): nothing to compare, so there is no verdict.",
        "Failed: no scores, since all fits failed",
        f"Gap: 2 of {len(good)} scores of zero_one_loss are empty",
    ):
        assert told in text
        assert told in (run / "tables/verdicts.txt").read_text()
    drawn = pd.read_csv(run / "figures/test_error.csv")
    assert drawn["task_id"].value_counts().to_dict() == {
        "Trees": len(good),
        "Gap": len(good) - 2,
        "OneFold": len(good) // 3,
        "OneSubset": len(good) // 6,
    }
    tests = pd.read_csv(run / "tables/pvalues.csv")
    assert tests.loc[tests["task_id"] == "OneFold", "p_paired"].isna().all()
    assert "undefined: one fold only" in (run / "report.html").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="test_fold"), "column test_fold is missing"),
        (lambda table: pd.concat([table, table.assign(**{"classif.ce": 0.9})]), "with other scores: task_id Trees"),
        (lambda table: table.rename(columns={"classif.ce": "gini"}), "no column is a known measure"),
    ],
)
def test_what_cannot_be_read_is_one_line(workflow, good, change, said):
    run = workflow(CONFIG)
    change(good).to_csv(run.folder / "published.csv", index=False)
    done = run.run("--", "tables", check=False)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("soak: ")]
    assert done.returncode == 1
    assert line.startswith("soak: published.csv: ")
    assert said in line
    assert "Traceback" not in done.stdout
    assert not (run / "tables/scores.csv").exists()
