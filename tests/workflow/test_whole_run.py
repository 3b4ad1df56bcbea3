"""The whole workflow: what a run leaves, and how it ends when something is wrong."""

import copy
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.workflow

FIGURES = [
    "images",
    "torch_loop",
    "glmnet_path",
    "history_mlp",
    "history_selected",
    "test_error",
    "test_error_mean_sd",
    "train_other",
    "same_other_all",
    "pvalue",
    "differences",
    "overview",
    "transfer",
    "ladder",
    "volcano",
    "times",
    "measures",
    "datasets",
    "confusion_Images",
    "worst_images_Images",
    "weights_Images",
    *(
        f"{name}_log_loss"
        for name in (
            *("differences", "overview", "test_error_mean_sd", "train_other", "same_other_all", "transfer", "pvalue"),
            "test_error",
        )
    ),
]

PLAIN = {
    "tasks": {"Trees": {"table": "trees.csv", "target": "y", "subset": "region"}},
    "learners": {"featureless": {"type": "featureless"}},
    "figures": {"formats": ["png"]},
}


def test_the_longest_fits_begin_first(finished):
    log = min((finished.folder / ".snakemake/log").glob("*.log"))  # the first run; others found nothing to do
    begun = re.findall(r"^Job \d+: Training (\w+) on Images, pack", log.read_text(), flags=re.MULTILINE)
    assert sorted(begun) == ["cv_glmnet", "featureless", "linear_mlp"]
    assert begun[0] == "cv_glmnet"  # all others are thought to take less than can be told


def test_a_score_for_each_split_and_algorithm(finished):
    scores = pd.read_csv(finished / "tables/scores.csv")
    splits = pd.read_csv(finished / "tables/splits.csv")
    algorithms = ["featureless", "cv_glmnet_min", "cv_glmnet_1se", "linear_mlp"]
    assert len(splits) == 2 * 18
    assert len(scores) == len(splits) * len(algorithms)
    assert list(scores["algorithm"][:4]) == algorithms
    assert scores[["zero_one_loss", "log_loss"]].notna().all(axis=None)
    assert scores.equals(pd.read_parquet(finished / "tables/scores.parquet"))


def test_a_model_is_trained_once_per_train_set(finished):
    fits = pd.read_csv(finished / "tables/fits.csv")
    assert len(fits) == 2 * 9 * 3  # tasks, train sets (not 18 splits), learners
    assert not fits.duplicated(["task_id", "train_set", "learner"]).any()
    assert set(fits["status"]) == {"ok"}


def test_predictions_are_those_that_were_scored(finished):
    scores = pd.read_csv(finished / "tables/scores.csv").query("task_id == 'Trees'")
    target = pd.read_csv(finished.folder / "trees.csv")["y"]
    for file in (finished / "predictions/Trees").glob("*.parquet"):
        table = pd.read_parquet(file)
        wrong = table["response"].astype(str) != target[table["row"]].to_numpy()
        error = wrong.groupby([table["iteration"], table["algorithm"].astype(str)]).mean()
        expected = scores.set_index(["iteration", "algorithm"])["zero_one_loss"]
        np.testing.assert_allclose(error, expected[error.index])


def test_no_single_fits_are_kept_after_a_run_that_ended_well(finished):
    assert list((finished / "fits").rglob("fits.parquet"))
    assert not list((finished / "fits").rglob("*.arrow"))


def test_all_figures_with_their_numbers(finished):
    drawn = {file.stem for file in (finished / "figures").glob("*.png")}
    assert drawn == set(FIGURES)
    assert {file.stem for file in (finished / "figures").glob("*.csv")} == drawn


def test_every_table_and_figure_has_a_record_of_what_was_written(finished):
    records = finished / ".written"
    outputs = {file.relative_to(records).with_suffix("") for file in records.rglob("*.txt")}
    shown = {path.relative_to(finished / ".") for part in ("figures", "tables") for path in (finished / part).iterdir()}
    shown.remove(Path("figures/captions"))  # a record for each file in it
    assert shown - outputs == set()
    assert Path("figures/pages_by_log_loss") in outputs


def test_the_report_needs_no_network_and_names_no_folder(finished):
    text = (finished / "report.html").read_text()
    assert not re.search(r"""(src|href)=["']?(https?:)?//(?!arxiv|doi)""", text)
    assert str(finished.folder) not in text


def test_the_verdicts_are_told_at_the_end(finished):
    told = (finished / "logs/outcome.txt").read_text()
    assert re.search(r"^Trees \(percent error, mean of 3 folds", told, flags=re.M)
    assert re.search(r"^  Trees: training on the other subset instead is \w+ for ", told, flags=re.M)
    assert told.endswith("Report: results/report.html\n")


def test_a_fit_that_fails_leaves_the_others_and_ends_the_run_with_the_list(again):
    too_many = {"class": "sklearn.neighbors.KNeighborsClassifier", "params": {"n_neighbors": 5000}}
    again.config["learners"]["wild"] = {"type": "estimator", **too_many}
    done = again.run(check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert re.search(r"^soak: 18 of 72 fits failed; ", done.stdout, flags=re.M)
    scores = pd.read_csv(again / "tables/scores.csv")
    assert scores.loc[scores["algorithm"] == "wild", "zero_one_loss"].isna().all()
    assert scores.loc[scores["algorithm"] != "wild", "zero_one_loss"].notna().all()
    assert (again / "report.html").stat().st_mtime > (again / "tables/scores.csv").stat().st_mtime


def test_what_failed_fails_again(again):
    """The output that a failed job leaves missing is missed, though all that was made of it earlier is still there."""
    again.config["tasks"]["Trees"]["target"] = "spec"
    for _ in range(2):
        done = again.run(check=False)
        assert done.returncode == 1
        said = done.stdout.strip().splitlines()[-1]
        assert said.endswith(": tasks.Trees.target: trees.csv has no column 'spec'; its columns: region, a, b, y")
        assert ".py, " not in done.stdout  # a wall of inputs


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("a,region,y\n1,n,x\n", {"target": "spec"}, "tasks.Trees.target: trees.csv has no column 'spec'"),
        ("a,region,y\n1,n,x\n2,s,y\n", {}, "fewer than the 3 folds"),
        (None, {}, "trees.csv: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_fitted(workflow, table, change, message):
    config = copy.deepcopy(PLAIN)
    config["tasks"]["Trees"] |= change
    run = workflow(config)
    if table is not None:
        (run.folder / "trees.csv").write_text(table)
    done = run.run(check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("soak: ")]
    assert done.returncode != 0
    assert len(lines) == 1
    assert message in lines[0]
    assert "Traceback" not in done.stdout
    assert not (run / "fits").exists()


def test_wrong_keys_are_told_before_anything_runs(workflow):
    run = workflow({"tasks": {"T": {"table": "trees.csv", "targt": "y"}}, "learnrs": {}})
    done = run.run(check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith("soak: ")]
    file = run.folder / "config.yaml"
    assert told == [
        f"soak: {file}:4: tasks.T.targt: unknown key; did you mean 'target'?",
        f"soak: {file}:5: learnrs: unknown key; did you mean 'learners'?",
        "soak: learners: is missing: name at least one, for instance featureless: {type: featureless}",
    ]
    assert done.returncode == 1
    assert not (run.folder / "results").exists()


def test_scores_from_elsewhere_become_tables_figures_and_report(workflow, finished):
    run = workflow({"scores": {"published": {"file": "published.csv"}}, "figures": {"formats": ["png"]}})
    scores = pd.read_csv(finished / "tables/scores.csv")
    published = scores[scores["task_id"] == "Trees"].rename(
        columns={"test_subset": "test.subset", "train_subsets": "train.subsets", "zero_one_loss": "classif.ce"}
    )
    published.drop(columns="log_loss").to_csv(run.folder / "published.csv", index=False)
    run.run()
    ours = pd.read_csv(finished / "tables/pvalues.csv").query("task_id == 'Trees' and measure == 'zero_one_loss'")
    theirs = pd.read_csv(run / "tables/pvalues.csv")
    pd.testing.assert_frame_equal(theirs, ours.reset_index(drop=True))
    assert (run / "figures/same_other_all.png").exists()
    assert (run / "report.html").exists()


def test_a_config_stands_alone(workflow):
    run = workflow(PLAIN)
    (run.folder / "trees.csv").write_text("a,region,y\n" + "1,n,x\n2,n,y\n1,s,x\n2,s,y\n" * 9)
    planned = run.planned()
    assert "decode" not in planned
    assert planned["build_task"] == 1
    assert yaml.safe_load((run.folder / "config.yaml").read_text()) == PLAIN
