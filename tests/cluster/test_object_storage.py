"""Object storage in place of a shared disk: all that is made is in a bucket of an S3 server on this machine; the same tables.

Skipped without the packages of envs/storage.txt.
"""

import copy
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
import yaml
from small_runs import SMALL, SNAKEMAKE, Workflow, copy_project, write_trees

boto3 = pytest.importorskip("boto3", reason="needs envs/storage.txt")
pytest.importorskip("moto.server", reason="needs envs/storage.txt")
pytest.importorskip("snakemake_storage_plugin_s3", reason="needs envs/storage.txt")

pytestmark = pytest.mark.cluster

BUCKET, PREFIX = "soak", "run"
STORAGE = ["--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/{PREFIX}"]


@pytest.fixture(scope="module")
def server():
    """A client of the server, and the environment with which Snakemake finds it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=os.environ | keys,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1"
        )
        client.create_bucket(Bucket=BUCKET)
        plugin = {"ENDPOINT_URL": url, "ACCESS_KEY": "none", "SECRET_KEY": "none"}
        yield client, keys | {f"SNAKEMAKE_STORAGE_S3_{name}": value for name, value in plugin.items()}
    finally:
        process.terminate()
        process.wait()


def wait_for(port):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def in_bucket(client, folder, prefix=PREFIX):
    """Name and bytes of each object below a folder of the bucket."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/{folder}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {key.rsplit("/", 1)[1]: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def small_config():
    """One table, and learners that need no torch."""
    config = copy.deepcopy(SMALL)
    del config["datasets"], config["tasks"]["Images"], config["tutorial"], config["learners"]["linear_mlp"]
    return config


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Tables of a run on this machine's disk, without data.txt, which is for the terminal of the machine where Snakemake runs."""
    folder = tmp_path_factory.mktemp("disk")
    write_trees(folder / "trees.csv")
    run = Workflow(folder, small_config())
    run.run("--", "tables")
    return {name: data for name, data in run.tables().items() if name != "data.txt"}


def tables_in_bucket(client, prefix=PREFIX):
    tables = in_bucket(client, "results/tables", prefix)
    return {name: data for name, data in tables.items() if not name.startswith("times.")}


def test_a_run_in_a_bucket_gives_the_same_tables(server, local, tmp_path, monkeypatch):
    client, environment = server
    write_trees(tmp_path / "trees.csv")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    run = Workflow(tmp_path, small_config())
    run.run(*STORAGE)
    assert tables_in_bucket(client) == local
    assert "differences.png" in in_bucket(client, "results/figures")
    assert not (run / "tables/scores.csv").exists()

    assert not {"build_task", "make_splits", "fit", "scores", "stats", "verdicts"} & run.planned(*STORAGE).keys()


def mended_plugin(folder):
    """A folder with the S3 plugin, which in version 0.3.6 never looks again for a folder that was not in the bucket at first.

    So it does not see the folders that jobs on other machines make (fits, predictions). docs/CLUSTER.md says so.
    """
    name = "snakemake_storage_plugin_s3"
    shutil.copytree(importlib.util.find_spec(name).submodule_search_locations[0], folder / name)
    file = folder / name / "__init__.py"
    text = file.read_text()
    assert text.count("if self._is_dir is None:") == 1  # else it may be mended by now: then use it as it is
    file.write_text(text.replace("if self._is_dir is None:", "if not self._is_dir:"))
    return folder


def test_jobs_that_share_no_disk_give_the_same_tables(server, local, tmp_path):
    """As on Kubernetes and Google Batch: a job starts in an empty folder, with the library of its image and all else from the bucket."""
    pytest.importorskip("snakemake_executor_plugin_cluster_generic", reason="needs envs/storage.txt")
    client, environment = server
    project, nodes = tmp_path / "project", tmp_path / "nodes"
    nodes.mkdir()
    copy_project(project)
    write_trees(project / "trees.csv")
    (project / "config.yaml").write_text(yaml.safe_dump(small_config(), sort_keys=False))
    submit, status = tmp_path / "submit.sh", tmp_path / "status.sh"
    submit.write_text(
        f'folder=$(mktemp -d {nodes}/XXXXXX) && cd "$folder" && echo "$folder"\n'
        '(sh "$1" && echo success >"$folder.status" || echo failed >"$folder.status") >"$folder.log" 2>&1 &\n'
    )
    status.write_text('cat "$1.status" 2>/dev/null || echo running\n')
    command = [SNAKEMAKE, "--workflow-profile", "none", "--executor", "cluster-generic", "--job-deploy-sources"]
    command += ["--jobs", "2", "--seconds-between-status-checks", "1"]
    command += [
        "--cluster-generic-submit-cmd",
        f"sh {submit}",
        "--cluster-generic-status-cmd",
        f"sh {status}",
        "--shared-fs-usage",
        "none",
        "--configfile",
        "config.yaml",
    ]
    command += ["--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/nodes"]
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    libraries = [mended_plugin(tmp_path / "mended"), project / "src", os.environ.get("PYTHONPATH")]
    library = os.pathsep.join(str(one) for one in libraries if one)
    done = subprocess.run(
        [*command, "--", "tables"],
        cwd=project,
        env=os.environ | environment | {"PATH": path, "PYTHONPATH": library},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    logs = "".join(log.read_text()[-2000:] for log in nodes.glob("*.log"))
    assert done.returncode == 0, done.stdout + logs
    assert len(list(nodes.glob("*.status"))) >= 4
    assert tables_in_bucket(client, "nodes") == local
