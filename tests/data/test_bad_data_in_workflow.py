"""Bad files through the workflow itself: one line each on the terminal, exit code not 0, nothing half-written.

A few of bad_files.py by default, all of them with SOAK_STRESS=1.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bad_files import DATASETS, GOOD_CSV, TABLES, table
from faulty_server import FaultyServer, Page

ROOT = Path(__file__).parents[2]
ALL = os.environ.get("SOAK_STRESS") == "1"
FEW_DATASETS = ("truncated gzip", "bytes: truncated")
FEW_TABLES = ("ragged row, too long", "no such file")


def bad_config(folder, server):
    """A config of bad data sets and tasks, one good task, and the message expected for each bad one."""
    config = {"datasets": {}, "tasks": {}, "learners": {"featureless": {"type": "featureless"}}}
    expected_messages = {}
    for kind, cases, few in (("datasets", DATASETS, FEW_DATASETS), ("tasks", TABLES, FEW_TABLES)):
        for number, (case, (make, message)) in enumerate(cases.items()):
            if ALL or case in few:
                name = f"{kind}{number}"
                (folder / name).mkdir()
                config[kind][name] = {key: value for key, value in make(folder / name).items() if value is not None}
                expected_messages[name] = message.replace("FOLDER", str(folder / name)).replace(
                    "tasks.T", f"tasks.{name}"
                )
    url = server.url("gone.csv")
    config["tasks"]["gone"] = {"table": url, "target": "y"}
    expected_messages["gone"] = f"{url}: the server answered 404 Not Found"
    body = b"predefined.set,y,0\n"
    mirrors = [server.url(f"{name}.csv", Page(body)) for name in "ab"]
    config["datasets"]["other"] = {"csv": mirrors, "hash": "md5:" + "0" * 32}
    right, wrong = "0" * 32, hashlib.md5(body).hexdigest()
    mismatch = f"wrong checksum: expected md5:{right}, got md5:{wrong}"
    expected_messages["other"] = (
        f"other/csv: none of its 2 sources has it: (1) {mirrors[0]}: {mismatch}; (2) {mirrors[1]}: {mismatch}"
    )
    config["tasks"]["good"] = table(folder, GOOD_CSV)
    return config, expected_messages


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder, the output, the exit code, and the expected messages."""
    folder = tmp_path_factory.mktemp("bad")
    with FaultyServer() as server:
        config, expected_messages = bad_config(folder, server)
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", "--directory", str(folder)]
        command += ["--configfile", str(folder / "config.yaml"), "--", "data", "tasks"]
        environment = os.environ | {"NO_COLOR": "1", "SOAK_DATA": str(folder / "cache")}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return folder, done.stdout + done.stderr, done.returncode, expected_messages


def test_one_line_each(run):
    _, output, code, expected_messages = run
    assert code != 0
    assert "Traceback" not in output
    found = [line.removeprefix("soak: ") for line in output.splitlines() if line.startswith("soak: ")]
    messages = [re.sub(r"^\S+/config\.yaml:\d+: ", "", message) for message in found]
    expected = [line for message in expected_messages.values() for line in message.split("\nsoak: ")]
    assert sorted(messages) == sorted(expected)


def test_nothing_half_written(run):
    folder, _, _, expected_messages = run
    results = folder / "results"
    left = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    assert {path for path in left if path.startswith(("data/", "tasks/"))} == {
        "tasks/good.arrow",
    }
    assert not any(path.startswith("raw/") and path.split("/")[1] in ("gone", "other") for path in left)
    assert not [path for path in left if re.search(r"\.part$|/\.", path)]
    assert not [path for path in (folder / "cache").iterdir() if path.name.endswith(".part")]
    assert expected_messages
