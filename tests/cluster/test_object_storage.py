"""Object storage in place of a shared disk: all that is made is in a bucket of an S3 server on this machine; the same tables.

Skipped without the packages of envs/storage.txt.
"""

import copy
import os
import socket
import subprocess
import sys
import time

import pytest
from small_runs import SMALL, Workflow, write_trees

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


def in_bucket(client, folder):
    """Name and bytes of each object below a folder of the bucket."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{PREFIX}/{folder}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {key.rsplit("/", 1)[1]: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_a_run_in_a_bucket_gives_the_same_tables(server, tmp_path, monkeypatch):
    client, environment = server
    config = copy.deepcopy(SMALL)
    del config["datasets"], config["tasks"]["Images"], config["tutorial"], config["learners"]["linear_mlp"]
    disk, bucket = (tmp_path / name for name in ("disk", "bucket"))
    disk.mkdir()
    bucket.mkdir()
    write_trees(disk / "trees.csv")
    local = Workflow(disk, config)
    local.run("--", "tables")
    write_trees(bucket / "trees.csv")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    run = Workflow(bucket, config)
    run.run(*STORAGE)
    # data.txt is for the terminal of the machine where Snakemake runs
    tables = {name: data for name, data in in_bucket(client, "results/tables").items() if not name.startswith("times.")}
    assert tables == {name: data for name, data in local.tables().items() if name != "data.txt"}
    assert "differences.png" in in_bucket(client, "results/figures")
    assert not (run / "tables/scores.csv").exists()

    assert not {"build_task", "make_splits", "fit", "scores", "stats", "verdicts"} & run.planned(*STORAGE).keys()
