"""config/soaked.yaml: the simulation of the author of SOAK, with two of its 100 seeds."""

import pandas as pd
import pytest
import yaml
from small_runs import ROOT

pytestmark = pytest.mark.workflow


def test_fewer_rows_are_told_from_another_pattern(workflow):
    config = yaml.safe_load((ROOT / "config/soaked.yaml").read_text())
    config["resampling"]["seeds"] = 2
    run = workflow(config | {"figures": {"formats": ["png"]}})
    run.run("--", "tables", "results/figures/seeds.png", "results/figures/pvalue_downsample.png")
    verdicts = pd.read_csv(run / "tables/verdicts.csv").set_index(["task_id", "test_subset", "comparison"])
    found = verdicts[["verdict", "cause"]].apply(tuple, axis="columns")
    assert found["different", "large", "other-same"] == ("worse", "another pattern")
    assert found["different", "small", "other-same"] == ("better", "another pattern")
    assert found["iid_easy", "large", "other-same"] == ("worse", "fewer rows")
    assert set(verdicts["n_seeds"]) == {2}
    drawn = pd.read_csv(run / "figures/seeds.csv")
    assert set(drawn["seed"]) == {1, 2}
