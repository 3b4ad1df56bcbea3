"""The folder and the config that make names."""

import shlex
import subprocess
from pathlib import Path

import pytest

from soak.commands.config import config_path
from soak.commands.folder import check_folder
from soak.errors import SoakError

ROOT = Path(__file__).parents[2]


def test_a_file_as_dir_is_refused(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("tasks: {}\n")
    with pytest.raises(SoakError, match=rf"^DIR={file} is a file, expected the folder .*; for a config write CONFIG="):
        check_folder(str(file))


@pytest.mark.parametrize(
    ("table", "fails"), [("my.csv", True), ("/data/my.csv", False), ("https://x.org/a.csv", False)]
)
def test_a_new_folder_is_refused_if_a_table_would_have_to_be_in_it(tmp_path, table, fails):
    config, folder = tmp_path / "my.yaml", tmp_path / "none"
    config.write_text(f"tasks: {{T: {{table: '{table}', target: y, subset: s}}}}")
    if fails:
        with pytest.raises(
            SoakError, match=rf"^DIR={folder}: there is no such folder \({folder}\), and .* asks for my.csv"
        ):
            check_folder(str(folder), str(config))
    else:
        check_folder(str(folder), str(config))
    assert not folder.exists()


CONFIG = "tasks: {T: {table: my.csv, target: y, subset: s}}\n"


def test_a_folder_alone_means_the_one_config_in_it(tmp_path):
    (tmp_path / "my.yml").write_text(CONFIG)
    (tmp_path / "notes.yaml").write_text("author: me\n")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/config.yaml").write_text(CONFIG)
    assert check_folder(str(tmp_path)) == str(tmp_path / "my.yml")
    assert config_path("", str(tmp_path)) == tmp_path / "my.yml"


def test_without_dir_it_is_the_embedded_default():
    assert check_folder(".") == ""
    assert config_path("", ".") == ROOT / "config/config.yaml"


@pytest.mark.parametrize("broken", ["tasks:\n  T: {table: [\n", CONFIG])
def test_several_configs_end_in_one_line_that_names_them(tmp_path, broken):
    (tmp_path / "a.yaml").write_text(CONFIG)
    (tmp_path / "b.yaml").write_text(broken)
    with pytest.raises(
        SoakError, match=rf"DIR={tmp_path}: expected one config .*, found a.yaml, b.yaml; name one: CONFIG="
    ):
        check_folder(str(tmp_path))


def test_no_config_ends_in_one_line(tmp_path):
    with pytest.raises(SoakError, match=r"expected one config in it, .*, found none; name one: CONFIG=file\.yaml"):
        check_folder(str(tmp_path))


def test_arguments_are_passed_on_and_a_dry_run_shows_no_answer(tmp_path):
    (tmp_path / "my.yaml").write_text(CONFIG)
    command = ["make", "-n", "run", f"DIR={tmp_path}"]
    plain, dry = (
        subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for more in ([], ["ARGS=-n --quiet"])
    )
    assert "-n --quiet" in dry
    assert "verdicts.txt" in plain
    assert "verdicts.txt" not in dry


@pytest.mark.parametrize("name", ["config", "dir", "cores"])
def test_make_refuses_its_variables_in_lower_case(name):
    done = subprocess.run(["make", "-n", "run", f"{name}=x"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"soak: write {name}= in capitals: CONFIG=file.yaml DIR=folder CORES=n" in done.stderr


def test_make_alone_shows_help():
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("make run [CONFIG=file.yaml]")


@pytest.mark.parametrize("target", ["run", "figures", "smoke", "status", "clean"])
def test_folders_with_spaces(target, tmp_path):
    """What make would do: each path is one word."""
    folder = tmp_path / "sp ace"
    command = ["make", "-n", target, f"DIR={folder}", f"CONFIG={folder}/my.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    words = [word for line in done.stdout.splitlines() for word in shlex.split(line, comments=True)]
    assert any(word in (str(folder), f"{folder}/results") for word in words)
    assert target == "clean" or f"{folder}/my.yaml" in words
    assert not any(word.endswith("/sp") for word in words)
