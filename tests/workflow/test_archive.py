"""One zip of a run: what is in it, how it is described, and that the tables come out of it again."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest
from small_runs import ROOT, SNAKEMAKE

pytestmark = pytest.mark.workflow

TABLE = "y,region,x1,x2\n" + "".join(
    f"{'ab'[(row // 2) % 2]},{'NS'[row % 2]},{row * 7 % 13},{row * 5 % 11 + 6 * ((row // 2) % 2)}\n"
    for row in range(60)
)


def archived(run):
    command = [sys.executable, "-m", "soak.commands.archive", str(run.folder), str(run.folder / "config.yaml")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_tables_come_out_of_the_zip_alone(workflow, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "outside.csv"
    elsewhere.write_text(TABLE)
    task = {"target": "y", "subset": "region"}
    run = workflow(
        {
            "tasks": {"Inside": {"table": "data/inside.csv", **task}, "Outside": {"table": str(elsewhere), **task}},
            "resampling": {"folds": 2},
            "learners": {"featureless": {"type": "featureless"}, "mine": {"type": "estimator", "class": "own.Nearest"}},
            "figures": {"formats": ["png"], "common": False},
        }
    )
    (run.folder / "data").mkdir()
    (run.folder / "data/inside.csv").write_text(TABLE)
    (run.folder / "own.py").write_text("from sklearn.neighbors import KNeighborsClassifier as Nearest\n")
    run.run()
    done = archived(run)
    assert done.returncode == 0, done.stderr
    place = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(run.folder / "soak-archive.zip") as file:
        file.extractall(place)
    elsewhere.unlink()  # a bare machine does not have it

    graph = {one["@id"]: one for one in json.loads((place / "ro-crate-metadata.json").read_text())["@graph"]}
    action = graph["#run"]
    assert action["@type"] == "CreateAction"
    assert action["instrument"] == {"@id": "workflow/Snakefile"} == graph["./"]["mainEntity"]
    assert "ComputationalWorkflow" in graph["workflow/Snakefile"]["@type"]
    assert {one["@id"] for one in graph["./"]["conformsTo"]} >= {"https://w3id.org/ro/wfrun/workflow/0.5"}
    inputs = {one["@id"] for one in action["object"]}
    assert inputs == {"run/config.yaml", "run/own.py", "run/data/inside.csv", "run/inputs/Outside/table/outside.csv"}
    assert graph["run/data/inside.csv"]["sha256"] == hashlib.sha256(TABLE.encode()).hexdigest()
    assert {"@id": "results/tables/scores.csv"} in action["result"]
    for one in (*action["object"], *action["result"]):
        assert (place / one["@id"]).is_file()
    assert "snakemake==" in (place / "packages.txt").read_text()

    command = [SNAKEMAKE, "--cores", "2", "--configfile", "../run/config.yaml", "--directory", "../run", "--", "tables"]
    environment = os.environ | {"PYTHONPATH": str(place / "workflow/src"), "SOAK_DATA": str(place / "run/inputs/cache")}
    again = subprocess.run(
        command, cwd=place / "workflow", env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    compared = 0
    for table in (place / "results/tables").iterdir():
        if table.suffix in (".csv", ".parquet") and table.stem != "times":
            assert table.read_bytes() == (place / "run/results/tables" / table.name).read_bytes(), table.name
            compared += 1
    assert compared > 20


def test_a_run_that_is_not_complete_has_no_archive(workflow):
    run = workflow(
        {
            "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "region"}},
            "learners": {"f": {"type": "featureless"}},
        }
    )
    run.command()
    (run.folder / "t.csv").write_text(TABLE)
    done = archived(run)
    assert done.returncode == 1
    assert done.stderr.startswith("soak: ")
    assert "expected the results of a complete run; make run makes them" in done.stderr
    assert not (run.folder / "soak-archive.zip").exists()
