"""Decode, stack and build at the paper's sizes; beside them pandas.read_csv and pyarrow's own reader as the limit.

    python benchmarks/bench_data.py [--rows 70000] [--wide-rows 2815744] [--folder DIR]

Each step runs in a process of its own and reports CPU seconds and two peaks: `peak`, all memory that it touched (files
that it maps count, though the system may drop them at any time), and `own`, the memory that is its own. Inputs are
made up: images of which 80 % of the pixels are 0, as MNIST's; a table of 81 numbers a row, as the paper's largest (bench_csv.py runs
the workflow on it).
"""

import argparse
import gzip
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

PIXELS, WIDE = 784, 81


def make_idx(folder: Path, rows: int) -> None:
    random = np.random.default_rng(1)
    with gzip.open(folder / "images.gz", "wb", compresslevel=1) as file:
        file.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", rows, 28, 28))
        for start in range(0, rows, 5000):
            file.write(_pixels(random, min(5000, rows - start)).tobytes())
    labels = random.integers(0, 10, rows).astype(np.uint8)
    packed = gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", rows) + labels.tobytes())
    (folder / "labels.gz").write_bytes(packed)


def make_csv(folder: Path, rows: int) -> None:
    random = np.random.default_rng(1)
    words = np.array([f"{level / 255:.15g}" for level in range(256)], dtype=object)
    with (folder / "images.csv").open("w") as file:
        file.write("predefined.set,y," + ",".join(map(str, range(PIXELS))) + "\n")
        for start in range(0, rows, 1000):
            block = words[_pixels(random, min(1000, rows - start))]
            labels = random.integers(0, 10, len(block))
            file.writelines(f"train,{y}," + ",".join(row) + "\n" for y, row in zip(labels, block, strict=True))


def make_wide(folder: Path, rows: int) -> None:
    """As wide as the paper's largest table; three decimals, so that float64 is what holds it.

    x0 + x1 - x2 decides between the two classes, but for one river, in which it is x0 - x1 - x2; 5 % of the labels are wrong.
    """
    random = np.random.default_rng(1)
    words = np.array([f"{thousandths / 1000:.3f}" for thousandths in range(100_000)], dtype=object)
    rivers = ("CHI", "PRL", "LEA", "BOU")
    starts = np.array([[f"{river},{y}," for y in ("other", "hard")] for river in rivers], dtype=object)
    with (folder / "wide.csv").open("w") as file:
        file.write("river,y," + ",".join(f"x{j}" for j in range(WIDE)) + "\n")
        for start in range(0, rows, 20_000):
            values = random.integers(0, len(words), (min(20_000, rows - start), WIDE))
            river = random.integers(0, len(rivers), len(values))
            x = values[:, :3] / len(words) - 0.5
            hard = x[:, 0] + np.where(river == 3, -1, 1) * x[:, 1] - x[:, 2] > 0
            hard ^= random.random(len(values)) < 0.05
            roles = starts[river, hard.astype(int)]
            file.writelines(role + ",".join(row) + "\n" for role, row in zip(roles, words[values], strict=True))


def _pixels(random: np.random.Generator, rows: int) -> np.ndarray:
    pixels = random.integers(0, 256, (rows, PIXELS), dtype=np.uint8)
    pixels[random.random((rows, PIXELS), dtype=np.float32) < 0.8] = 0
    return pixels


def decode_idx(folder: Path) -> None:
    from soak.data.base import decode
    from soak.data.catalog import dataset

    raw = {"images_1": folder / "images.gz", "labels_1": folder / "labels.gz"}
    settings = dataset({"idx": [{"images": str(raw["images_1"]), "labels": str(raw["labels_1"])}]})
    decode("idx", settings, raw, folder / "idx.arrow")


def decode_csv(folder: Path) -> None:
    from soak.data.base import decode
    from soak.data.catalog import dataset

    decode("csv", dataset({"csv": "x"}), {"csv": folder / "images.csv"}, folder / "csv.arrow")


def stack(folder: Path) -> None:
    from soak.tasks.build import build_task
    from soak.tasks.settings import TaskSettings

    paths = {name: folder / f"{name}.arrow" for name in ("idx", "csv")}
    build_task("pair", TaskSettings(datasets=list(paths)), paths, folder / "pair.arrow")


def split(folder: Path) -> None:
    from soak import SameOtherSizesCV
    from soak.tasks.task import Task

    task = Task.open(folder / "pair.arrow")
    made = SameOtherSizesCV(folds=10).instantiate(task.subset, stratum=list(task.strata.values()))
    print(len(made.table), "splits", end=" ")


def build_wide(folder: Path) -> None:
    from soak.tasks.build import build_task
    from soak.tasks.settings import TaskSettings

    path = folder / "wide.csv"
    settings = TaskSettings(table=str(path), target="y", subset="river", stratum=["y"])
    build_task("wide", settings, path, folder / "wide.arrow")


def read_with_pandas(folder: Path) -> None:
    import pandas as pd

    pd.read_csv(folder / "images.csv")


def read_with_pyarrow(folder: Path) -> None:
    import pyarrow.csv

    for _ in pyarrow.csv.open_csv(folder / "images.csv"):
        pass


def read_wide_with_pyarrow(folder: Path) -> None:
    import pyarrow.csv

    for _ in pyarrow.csv.open_csv(folder / "wide.csv"):
        pass


STEPS = {
    "IDX: one data set decoded": decode_idx,
    "CSV: one data set decoded": decode_csv,
    "  limit: pyarrow's reader, streaming": read_with_pyarrow,
    "  limit: pandas.read_csv": read_with_pandas,
    "both made into one task": stack,
    "10 folds and splits of it": split,
    "wide table: task built": build_wide,
    "  limit: pyarrow's reader, one pass": read_wide_with_pyarrow,
}
TOGETHER = (decode_idx, decode_csv, stack, split)


def run(step: str, folder: Path) -> None:
    """Run one step here, and print what it took."""
    own, done = [0], threading.Event()
    watch = threading.Thread(target=_watch_own_memory, args=(own, done), daemon=True)
    watch.start()
    STEPS[step](folder)
    done.set()
    watch.join()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Not ru_maxrss: a new process starts with its parent's.
    seconds, peak = usage.ru_utime + usage.ru_stime, _memory("VmHWM") / 1024
    print(f"{seconds:6.1f} s CPU, peak {peak:.0f} MB, own {own[0] / 1024:.0f} MB")


def _watch_own_memory(own: list[int], done: threading.Event) -> None:
    while not done.wait(0.02):
        own[0] = max(own[0], _memory("RssAnon"))


def _memory(kind: str) -> int:
    """Kilobytes of this process, as Linux tells."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=70_000, help="images of a data set")
    parser.add_argument("--wide-rows", type=int, default=2_815_744, help="rows of the wide table; 0 leaves it out")
    parser.add_argument("--folder", type=Path, help="for inputs and results (10 GB at full size); default temporary")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run(arguments.step, arguments.folder)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        for make, rows in ((make_idx, arguments.rows), (make_csv, arguments.rows), (make_wide, arguments.wide_rows)):
            start = time.perf_counter()
            make(folder, rows)
            print(f"{make.__name__}: {rows} rows, {time.perf_counter() - start:.0f} s", file=sys.stderr)
        sizes = {path.name: path.stat().st_size / 2**20 for path in folder.iterdir()}
        print(f"inputs: images.csv {sizes['images.csv']:.0f} MB, wide.csv {sizes['wide.csv']:.0f} MB")
        print(f"decoded: {arguments.rows * PIXELS / 2**20:.0f} MB a data set")
        took = []
        for step in STEPS:
            if arguments.wide_rows or "wide" not in STEPS[step].__name__:
                print(f"{step:40s}", end="", flush=True)
                command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
                done = subprocess.run(
                    command, check=True, env=os.environ | {"PYTHONPATH": "src"}, stdout=subprocess.PIPE, text=True
                )
                print(done.stdout, end="", flush=True)
                if STEPS[step] in TOGETHER:
                    took.append([float(number) for number in re.findall(r"([0-9.]+) (?:s CPU|MB)", done.stdout)])
        seconds, peaks, owns = zip(*took, strict=True)
        print(
            f"from two raw files to {2 * arguments.rows} split rows: {sum(seconds):.1f} s CPU (of 60 allowed), "
            f"peak {max(peaks):.0f} MB (of 1500), own {max(owns):.0f} MB"
        )


if __name__ == "__main__":
    main()
