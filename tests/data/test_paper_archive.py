"""The tables of config/paper.yaml: members of the authors' zip at Zenodo, here a small one of its layout on 127.0.0.1.

The layout (SOAK_data_Classif.zip with data_Classif/TASK.csv of 20 data sets: first the subset, then y, then the features) is that of
the scripts by which the author downloads and unpacks it, in github.com/tdhock/cv-same-other-paper (NSCH_autism_reproduce.R,
SOAKED_STL10_waveform.R) and on his blog (2026, imbalanced subsets for the SOAK benchmark), which list all 20.
"""

import hashlib
import io
import subprocess
import zipfile

import pytest
import yaml
from faulty_server import Page
from small_runs import ROOT, SNAKEMAKE, Workflow
from test_benchmark_sets import PAPER, published_table

from soak.data.download import cached_file, download
from soak.data.fetch import Patience
from soak.errors import SoakError
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

ADDRESS = "https://zenodo.org/records/18273949/files/SOAK_data_Classif.zip?download=1"
CONFIG, BENCHMARK = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("paper", "benchmark"))
TABLES = {name: task for name, task in CONFIG["tasks"].items() if "table" in task}
QUICK = Patience(attempts=2, pause=0, longest_pause=0)


def settings_of(task):
    return TaskSettings(**{key: value for key, value in task.items() if key != "learners"})


def archive(names=TABLES):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data_Classif/", "")
        for name in names:
            made.writestr(f"data_Classif/{name}.csv", published_table(name, TABLES[name]["subset"]))
    return buffer.getvalue()


def serve(server, body):
    """The URL at which the server has the archive, as the config has it but for the host."""
    path = ADDRESS.removeprefix("https://zenodo.org/")
    server.pages[f"/{path.partition('?')[0]}"] = Page(body)
    return server.url(path)


def test_the_config_names_members_of_the_archive_for_the_tables_of_the_benchmark():
    assert set(TABLES) == {name for name, task in BENCHMARK["tasks"].items() if "table" in task}
    for name, task in TABLES.items():
        assert (task["table"], task["member"]) == (ADDRESS, f"data_Classif/{name}.csv")
        roles = ("target", "subset", "stratum")
        assert [task[role] for role in roles] == [BENCHMARK["tasks"][name][role] for role in roles]
    both = set(CONFIG["tasks"]) - set(TABLES)
    assert {name: CONFIG["tasks"][name] for name in both} == {name: BENCHMARK["tasks"][name] for name in both}
    assert CONFIG["datasets"] == {name: BENCHMARK["datasets"][name] for name in CONFIG["datasets"]}


def test_one_download_has_all_tables_and_its_checksum_is_noted(server, tmp_path):
    body = archive()
    url = serve(server, body)
    for name, task in TABLES.items():
        download([url], [], tmp_path / f"{name}.zip", QUICK)
        build_task(name, settings_of(task), tmp_path / f"{name}.zip", tmp_path / "T.arrow")
        built = Task.open(tmp_path / "T.arrow")
        assert (built.features.shape[1], len(built.classes), len(set(built.subset))) == PAPER[name]
    assert server.requests["/records/18273949/files/SOAK_data_Classif.zip"] == [None]
    noted = cached_file(url).with_name(f"{cached_file(url).name}.sha256").read_text()
    assert noted == f"sha256:{hashlib.sha256(body).hexdigest()}\n"


def test_an_archive_that_has_changed_is_reported(server, tmp_path, capsys):
    url = serve(server, archive())
    download([url], [], tmp_path / "first.zip", QUICK)
    cached_file(url).unlink()
    serve(server, archive(["aztrees3"]))
    download([url], [], tmp_path / "second.zip", QUICK)
    assert "SOAK_data_Classif.zip?download=… has changed: its checksum was sha256:" in capsys.readouterr().err


def test_a_member_that_is_not_there_is_one_line_that_lists_what_is(server, tmp_path):
    url = serve(server, archive(["aztrees3", "aztrees4", "NSCH_autism"]))
    download([url], [], tmp_path / "raw.zip", QUICK)
    settings = settings_of(TABLES["FishSonar_river"])
    with pytest.raises(SoakError) as raised:
        build_task("FishSonar_river", settings, tmp_path / "raw.zip", tmp_path / "T.arrow")
    message = str(raised.value)
    assert message.endswith(
        "has no member 'data_Classif/FishSonar_river.csv'; did you mean 'data_Classif/aztrees4.csv'? "
        "it also holds data_Classif/aztrees3.csv, data_Classif/NSCH_autism.csv"
    )
    assert "\n" not in message


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["paper", "benchmark"])
def test_a_dry_run_plans_every_task(name, tmp_path):
    command = [SNAKEMAKE, "--cores", "1", "-n", "--configfile", f"config/{name}.yaml", "--directory", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for task in {"paper": CONFIG, "benchmark": BENCHMARK}[name]["tasks"]:
        assert f"Building task {task}\n" in done.stdout + done.stderr


@pytest.mark.workflow
def test_the_workflow_builds_tasks_from_the_archive(server, tmp_path):
    url = serve(server, archive())
    tasks = {
        name: TABLES[name] | {"table": url, "learners": ["featureless"]} for name in ("aztrees3", "CanadaFires_all")
    }
    run = Workflow(
        tmp_path, {"tasks": tasks, "resampling": {"folds": 2}, "learners": {"featureless": {"type": "featureless"}}}
    )
    run.run("--", "results/tables/data.csv")
    assert server.requests["/records/18273949/files/SOAK_data_Classif.zip"] == [None]
    lines = (run / "tables/data.csv").read_text().splitlines()
    assert {line.partition(",")[0] for line in lines[1:]} == set(tasks)
