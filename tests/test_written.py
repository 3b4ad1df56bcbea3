"""Files that are not what was written: each is named with the way out, whatever it holds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from soak.errors import SoakError
from soak.written import RECORDS, check, forget, note, recorded, remove_damaged, remove_others

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A folder with a file and a folder of results, recorded."""
    monkeypatch.chdir(tmp_path)
    for name in ("results/tables/scores.csv", "results/fits/T/knn/1/fits.parquet", "results/fits/T/knn/1/x.parquet"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(name.encode() * 100)
    note(["results/tables/scores.csv", "results/fits/T/knn/1"])
    return tmp_path


DAMAGES = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-7]),
    "empty": lambda file: file.write_bytes(b""),
    "changed": lambda file: file.write_bytes(file.read_bytes().replace(b"s", b"S")),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "missing": lambda file: file.unlink(),
    "folder": lambda file: (file.unlink(), file.mkdir()),
}


def test_what_was_written_is_right(run):
    check(["results/tables/scores.csv", "results/fits/T/knn/1", "results/no/record", "elsewhere.csv"])
    assert recorded() == [Path("results/fits/T/knn/1"), Path("results/tables/scores.csv")]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("file", "output"),
    [
        ("results/tables/scores.csv", "results/tables/scores.csv"),
        ("results/fits/T/knn/1/x.parquet", "results/fits/T/knn/1"),
    ],
)
def test_a_damaged_file_is_named_with_the_way_out(run, file, output, damage):
    DAMAGES[damage](Path(file))
    with pytest.raises(SoakError) as caught:
        check([output])
    assert str(caught.value).startswith(f"{file}: ")
    assert str(caught.value).endswith(f": delete {output} and run again, which makes it anew")
    assert "\n" not in str(caught.value)


def test_a_damaged_record_says_nothing(run):
    Path("results", RECORDS, "tables/scores.csv.txt").write_bytes(b"\xff half")
    check(["results/tables/scores.csv"])


def test_a_record_goes_before_its_output_is_made_again(run):
    forget(["results/tables/scores.csv"])
    Path("results/tables/scores.csv").write_text("other")
    check(["results/tables/scores.csv"])


def test_a_damaged_file_is_removed_and_a_right_one_stays(run):
    remove_damaged("results/tables/scores.csv")
    assert Path("results/tables/scores.csv").exists()
    DAMAGES["cut"](Path("results/tables/scores.csv"))
    remove_damaged("results/tables/scores.csv")
    assert not Path("results/tables/scores.csv").exists()


def command(folder):
    words = [sys.executable, "-m", "soak.commands.check", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_the_command_names_every_damaged_file(run):
    done = command(run)
    assert (done.returncode, done.stdout) == (
        0,
        f"All files of 2 outputs in {run}/results are what was written.\n",
    )
    DAMAGES["cut"](Path("results/tables/scores.csv"))
    DAMAGES["missing"](Path("results/fits/T/knn/1/fits.parquet"))
    done = command(run)
    assert done.returncode == 1
    assert [line.partition(": ")[2].partition(":")[0] for line in done.stderr.splitlines()] == [
        "results/fits/T/knn/1/fits.parquet",
        "results/tables/scores.csv",
    ]


def test_the_command_without_results(tmp_path):
    done = command(tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"soak: {tmp_path}: no results with records of what was written; run first\n"
    assert command(tmp_path / "none").stderr == f"soak: DIR={tmp_path / 'none'}: there is no such folder\n"


def test_what_an_earlier_config_wrote_goes_and_all_else_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = Path("results/figures")
    figures.mkdir(parents=True)
    for name in ("overview.png", "overview.svg", "edited.png", "mine.png"):
        (figures / name).write_text(name)
    Path("results/tasks").mkdir()
    Path("results/tasks/Old.arrow").write_text("rows")
    note([*(figures / name for name in ("overview.png", "overview.svg", "edited.png")), "results/tasks/Old.arrow"])
    (figures / "edited.png").write_text("by hand")
    assert remove_others([figures / "overview.png"], "figures", "tables") == [figures / "overview.svg"]
    assert sorted(file.name for file in figures.iterdir()) == ["edited.png", "mine.png", "overview.png"]
    assert Path("results/tasks/Old.arrow").exists()
    assert list(recorded()) == [figures / "overview.png", Path("results/tasks/Old.arrow")]


def test_a_folder_that_an_earlier_config_wrote_goes_but_for_what_somebody_changed_or_added(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = Path("results/figures")
    for name in ("pages_by_auc", "pages_by_f1", "pages_by_r2", "pages"):
        (figures / name).mkdir(parents=True)
        for page in (2, 3):
            (figures / name / f"ladder_{page}.png").write_text(f"{name} {page}")
        (figures / name / ".snakemake_timestamp").touch()
    note([figures / name for name in ("pages", "pages_by_auc", "pages_by_f1", "pages_by_r2")])
    (figures / "pages_by_f1/mine.png").write_text("mine")
    (figures / "pages_by_r2/ladder_3.png").write_text("by hand")
    assert remove_others([figures / "pages"], "figures", "tables") == [figures / "pages_by_auc"]
    assert {str(file.relative_to(figures)) for file in figures.rglob("*.png")} == {
        "pages/ladder_2.png",
        "pages/ladder_3.png",
        "pages_by_f1/mine.png",
        "pages_by_r2/ladder_3.png",
    }
    assert not (figures / "pages_by_auc").exists()
    assert list(recorded()) == [figures / "pages"]
