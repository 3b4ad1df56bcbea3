"""To add a format of data sets takes one file: followed to the letter on a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "profiles", "rules", "scripts", "src")

NPY = '''
"""Arrays of NumPy: a file of images, a file of labels."""

from contextlib import contextmanager

import numpy as np

from soak.data.base import DataFormat
from soak.data.dataset import Dataset
from soak.data.settings import Locations
from soak.data.sources import Source


class Npy(DataFormat):
    """Images and labels in files that numpy.save wrote."""

    npy: Locations
    labels: Locations

    def files(self):
        return {"images": Source(tuple(self.npy)), "labels": Source(tuple(self.labels))}

    @contextmanager
    def read(self, name, raw, folder):
        images = np.load(raw["images"].path)
        yield Dataset(name, images.reshape(len(images), -1), 255.0, np.load(raw["labels"].path), None, images.shape[1:])
'''


@pytest.fixture
def copy(tmp_path):
    """A copy of the project with a format more; nothing else is edited."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / "copy" / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / "copy").mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / "copy" / part)
    (tmp_path / "copy" / "src" / "soak" / "data" / "formats" / "npy.py").write_text(NPY)
    return tmp_path / "copy"


def run(copy, folder, config):
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "1", "--directory", str(folder)]
    command += ["--configfile", str(folder / "config.yaml"), "--", "data"]
    environment = os.environ | {"PYTHONPATH": str(copy / "src"), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.workflow
def test_one_file(copy, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    images, labels = np.arange(24, dtype=np.uint8).reshape(6, 2, 2), np.array([0, 1] * 3)
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    config = {
        "datasets": {"Mine": {"npy": "images.npy", "labels": "labels.npy", "rows": 4}},
        "tasks": {"T": {"datasets": ["Mine"]}},
        "learners": {"featureless": {"type": "featureless"}},
    }
    done = run(copy, folder, config)
    assert done.returncode == 0, done.stdout + done.stderr
    written = pa.ipc.open_file(folder / "results" / "data" / "Mine.arrow").read_all()
    assert written["label"].to_pylist() == [0, 1, 0, 1]
    assert np.array_equal(np.array(written["features"].to_pylist()), images.reshape(6, 4)[:4])

    config["datasets"]["Mine"]["hash"] = "md5:" + "0" * 32
    assert "datasets.Mine.hash: is a key of csv and reader, not of npy" in run(copy, folder, config).stderr
