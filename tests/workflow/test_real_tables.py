"""Tables as they were published, each from the file to a verdict by config alone; see tests/files/README.md."""

import csv
import random
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_runs import Workflow

FILES = Path(__file__).parents[1] / "files" / "tables"
sys.path.insert(0, str(Path(__file__).parents[1] / "data"))

CONFIG = {
    "tasks": {
        "Islands": {
            "table": "penguins.csv", "target": "sex", "subset": "island", "stratum": "sex", "impute": "drop_rows",
            "exclude": "year",
        },
        "Raw": {
            "table": "penguins-raw.csv", "target": "Sex", "subset": "Species", "features": r"\(mm\)|Body",
            "where": {"Sex": "known", "Culmen Length (mm)": "known"},
        },
        "Survey": {"table": "survey.csv", "target": "W.Hnd", "subset": "Sex", "impute": "drop_rows"},
        "Semicolons": {"table": "semicolons.csv", "target": "species", "subset": "year", "impute": "drop_rows"},
        "Excel": {"table": "penguins.xlsx", "target": "species", "subset": "year", "impute": "drop_rows"},
        "Clinic": {
            "table": "clinic.csv", "target": "ill", "subset": "site", "type": "classification", "missing": "?",
            "impute": "drop_rows", "categorical": "pain",
        },
    },
    "learners": {
        "featureless": {"type": "featureless"},
        "tree": {"type": "estimator", "class": "sklearn.tree.DecisionTreeClassifier", "params": {"random_state": 1}},
    },
    "measures": ["zero_one_loss"],
    "figures": {"formats": ["png"]},
}  # fmt: skip


def write_clinic(path):
    """Four hospitals, simulated as the heart disease tables are: "?" for no value, 1 and 1.0 as each of them has it."""
    draw = random.Random(1)
    rows = []
    for site, number in (("Cleveland", "{:.1f}"), ("Budapest", "{:d}"), ("Long Beach", "{:d}"), ("Zurich", "{:.1f}")):
        for k in range(60):
            ill = k % 2
            bp = "?" if draw.random() < 0.2 else f"{draw.gauss(120 + 30 * ill, 10):.0f}"
            rows.append([site, number.format(draw.randrange(1, 5)), bp, number.format(ill)])
    draw.shuffle(rows)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["site", "pain", "bp", "ill"], *rows])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from test_form import workbook

    folder = tmp_path_factory.mktemp("real")
    for file in FILES.glob("*.csv"):
        shutil.copy(file, folder)
    penguins = pd.read_csv(FILES / "penguins.csv")
    penguins.to_csv(folder / "semicolons.csv", sep=";", decimal=",", index=False)
    cells = penguins.astype(object).where(penguins.notna(), None).to_numpy().tolist()
    (folder / "penguins.xlsx").write_bytes(workbook(None, Penguins=[list(penguins.columns), *cells]))
    write_clinic(folder / "clinic.csv")
    run = Workflow(folder, CONFIG)
    run.output = run.run(cores=2).stdout
    return run


def test_each_comes_to_a_verdict(run):
    verdicts = pd.read_csv(run / "tables/verdicts.csv")
    assert list(verdicts["task_id"].unique()) == list(CONFIG["tasks"])
    assert verdicts["verdict"].notna().all()
    subsets = {task: list(dict.fromkeys(rows["test_subset"])) for task, rows in verdicts.groupby("task_id")}
    assert subsets["Islands"] == ["Biscoe", "Dream", "Torgersen"]
    assert subsets["Semicolons"] == ["2007", "2008", "2009"]
    assert subsets["Clinic"] == ["Budapest", "Cleveland", "Long Beach", "Zurich"]


def test_the_form_of_a_file_decides_nothing(run):
    scores = pd.read_csv(run / "tables/scores.csv").drop(columns="task_id")
    tasks = pd.read_csv(run / "tables/scores.csv")["task_id"]
    first, second = (scores[tasks == name].reset_index(drop=True) for name in ("Semicolons", "Excel"))
    pd.testing.assert_frame_equal(first, second)


def test_what_they_became_is_shown(run):
    data = pd.read_csv(run / "tables/data.csv", keep_default_na=False)
    islands = data[data["task_id"] == "Islands"]
    assert islands[["subset", "rows_read", "rows"]].values.tolist() == [
        ["Biscoe", 168, 163], ["Dream", 124, 123], ["Torgersen", 52, 47],
    ]  # fmt: skip
    clinic = data[data["task_id"] == "Clinic"]
    assert (clinic["rows_read"] == 60).all()
    assert set(clinic.columns) >= {"class.0", "class.1", "class.female"}
    notes = pd.read_csv(run / "tables/data_notes.csv", keep_default_na=False)
    left_out = notes[notes["kind"] == "left_out"][["task_id", "column", "text"]].values.tolist()
    assert left_out == [["Survey", "column 1", "counts the rows"]]
    assert ["Islands", "excluded", "year", "excluded by the config"] in notes.values.tolist()
    line = "Islands (penguins.csv): 333 of 344 rows"
    assert line in run.output.split("Fitting")[0]
    assert line in (run / "logs/outcome.txt").read_text()
    report = (run / "report.html").read_text()
    assert report.index('id="verdicts"') < report.index('id="data"') < report.index('id="figures"')
    assert "column 1: counts the rows" in report


def test_rows_are_those_of_the_file(run):
    folds = pd.read_parquet(run / "tables/folds.parquet")
    penguins = pd.read_csv(FILES / "penguins.csv")
    rows = folds[folds["task_id"] == "Islands"]
    assert penguins.loc[rows["row"], "island"].tolist() == rows["subset"].tolist()
    predictions = pd.read_parquet(run / "predictions/Islands/tree.parquet")
    assert set(predictions["row"]) == set(rows["row"])
