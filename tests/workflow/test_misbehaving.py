"""Learners that misbehave, in a whole run: the others give their tables, and the run ends with exit code 1 and the list."""

import os
import shutil

import pandas as pd
import pytest
from small_runs import ROOT, write_trees

pytestmark = pytest.mark.workflow

# A class of tests/attacks/misbehaving.py, and how the reason of its failed fits begins ("" where the fits count)
FAST = {
    "Segfault": "its process was ended by SIGSEGV",
    "Hangs": "it took longer than 0.15 minutes (execution.fit_minutes)",
    "NegativeProbability": "expected probabilities from 0 to 1, got -5",
    "Moves": "",
}
ALL = FAST | {
    "Exit0": "it ended its process with exit code 0",
    "Exit3": "it ended its process with exit code 3",
    "Killed": "its process was ended by SIGKILL",
    "KillsGroup": "its process was ended by SIGKILL",
    "Interrupts": "KeyboardInterrupt",
    "HangsAndBlocks": "it took longer than",
    "SegfaultInPrediction": "its process was ended by SIGSEGV",
    "Exits": "SystemExit: bye",
    "Colored": r"RuntimeError: soak: fake \x1b[31mred",
    "Unprintable": "Silent: its error cannot be shown",
    "Long": "RuntimeError: yyyy",
    "Surrogate": r"RuntimeError: bad \udcff text",
    "Recursion": "RecursionError",
    "TooLarge": "MemoryError",
    "TooFew": "expected",
    "OtherClass": "expected class codes",
    "Text": "expected class codes",
    "OneProbability": "expected probabilities of shape",
    **dict.fromkeys(
        ["Numpy", "Python", "Prints", "ClosesOutput", "ClosesAll", "Settings", "AtExit", "LeavesChild", "LeavesDaemon"],
        "",
    ),
    **dict.fromkeys(["Forks", "Patches", "Leaks"], ""),
}


def test_the_others_give_their_tables_and_the_run_ends_with_the_list(workflow):
    expected = ALL if os.environ.get("SOAK_STRESS") else FAST
    learners = {f"bad_{name}": {"type": "estimator", "class": f"misbehaving.{name}"} for name in expected}
    run = workflow(
        {
            "tasks": {"Trees": {"table": "trees.csv", "target": "y", "subset": "region"}},
            "resampling": {"folds": 2, "subsets": "SO"},
            "learners": {"featureless": {"type": "featureless"}, **learners},
            "execution": {"fit_minutes": 0.15},
        }
    )
    write_trees(run.folder / "trees.csv")
    shutil.copy(ROOT / "tests/attacks/misbehaving.py", run.folder)
    done = run.run("--", "tables", check=False)
    assert done.returncode == 1
    fits = pd.read_csv(run / "tables/fits.csv", keep_default_na=False)
    n_failed = (fits["status"] == "failed").sum()
    assert f"soak: {n_failed} of {len(fits)} fits failed; their scores are empty" in done.stdout
    assert "\x1b[31m" not in done.stdout
    for name, reason in expected.items():
        of_learner = fits[fits["learner"] == f"bad_{name}"]
        assert len(of_learner) == 4
        assert set(of_learner["status"]) == {"failed" if reason else "ok"}, name
        assert all(text.startswith(reason) for text in of_learner["reason"]), (name, list(of_learner["reason"]))
    scores = pd.read_csv(run / "tables/scores.csv")
    empty = scores["zero_one_loss"].isna().groupby(scores["algorithm"]).all()
    assert set(empty[empty].index) == {f"bad_{name}" for name, reason in expected.items() if reason}
    assert (run / "tables/verdicts.csv").is_file()
