"""Colour images and rows that are no images, from files to the report; with SOAK_STRESS=1 only, as it takes a minute."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bad_files import tar_of

pytestmark = pytest.mark.skipif(os.environ.get("SOAK_STRESS") != "1", reason="takes a minute; SOAK_STRESS=1 runs it")
ROOT = Path(__file__).parents[2]
N = 60
PARTS = ("train", "test")


def write_colours(folder):
    """Three classes, each in a channel of its own; a label before each image, as in CIFAR-10."""
    random = np.random.default_rng(1)
    members = {}
    for part in PARTS:
        images = random.integers(0, 80, (N, 3, 4, 4))
        images[np.arange(N), np.arange(N) % 3] += 120
        records = np.hstack([np.arange(N)[:, None] % 3, images.reshape(N, -1)])
        members[f"c/{part}.bin"] = records.astype(np.uint8).tobytes()
    (folder / "colours.tar").write_bytes(tar_of(members))


def write_numbers(folder):
    random = np.random.default_rng(1)
    rows = [" ".join(f"{x + k % 2:.3f}" for x in random.normal(size=5)) for k in range(N)]
    (folder / "rows").write_text("".join(f"{k % 2} {row} \n" for k, row in enumerate(rows)))
    (folder / "parts").write_text("".join(f"{int(k % 4 < 2)}\n" for k in range(N)))


def test_colour_images_and_numbers(tmp_path):
    write_colours(tmp_path)
    write_numbers(tmp_path)
    numbers = {"table": "rows", "header": False, "label": 1, "parts": "parts", "part_names": dict(enumerate(PARTS))}
    colours = [{"images": "colours.tar", "images_member": f"c/{part}.bin", "part": part} for part in PARTS]
    config = {
        "datasets": {
            "Colours": {"shape": [3, 4, 4], "binary": colours},
            "Turned": {"transpose_of": "Colours"},
            "Numbers": {"tables": [numbers]},
        },
        "tasks": {
            "Pair": {"datasets": ["Colours", "Turned"]},
            "Numbers": {"datasets": ["Numbers"], "subset": "part", "stratum": ["part", "label"]},
        },
        "learners": {
            "featureless": {"type": "featureless"},
            "cv_glmnet": {"type": "cv_glmnet", "nlambda": 5, "folds": 3},
        },
        "figures": {"formats": ["png"]},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", "--directory", str(tmp_path)]
    command += ["--configfile", str(tmp_path / "config.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results"
    assert (results / "report.html").exists()
    assert len(list((results / "raw").rglob("*"))) == 2 + 3  # two folders; the archive once, rows, parts
    scores = pd.read_csv(results / "tables" / "scores.csv")
    assert scores["zero_one_loss"].notna().all()
    pixels = pd.read_csv(results / "figures" / "images.csv")
    assert set(pixels["dataset"]) == {"Colours"}
    assert len(pixels) == 3 * 3 * 4 * 4
    table = pd.read_csv(results / "figures" / "weights_Numbers.csv")
    assert table["nothing_to_draw"].tolist() == ["the rows are not images."]
    assert "nothing_to_draw" not in pd.read_csv(results / "figures" / "weights_Pair.csv")
