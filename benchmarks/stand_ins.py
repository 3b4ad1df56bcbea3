"""Stand-ins for the images of a config, of the same number and size, for trials without a network.

    python benchmarks/stand_ins.py CONFIG FOLDER

writes IDX files and FOLDER/config.yaml, which is CONFIG with these files in the place of its own, without checksums. The images are
the 1,000 of Fashion-MNIST in tests/files, repeated with other noise each time, for every data set alike: right for time, memory and
disk, and for no other question. Tasks of tables are left out. Data sets in other forms than IDX (and transposes of them) end in an error.
"""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import yaml

SOURCE = Path(__file__).parents[1] / "tests/files"
ROWS = {"train": 60_000, "test": 10_000}  # of the parts of MNIST, EMNIST (its subset mnist) and Fashion-MNIST


def images():
    """The 1,000 real images (n, 784) and their labels (n,)."""
    packed = (SOURCE / f"fashion-train-1000-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    pixels, labels = (np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8) for file in packed)
    return pixels[16:].reshape(-1, 784), labels[8:]


def write_part(folder, name, rows, seed):
    """IDX files of so many images, their noise by the seed; their entry in a config."""
    pixels, labels = images()
    draw = np.random.default_rng(seed)
    with (folder / f"{name}-images.idx").open("wb") as file:
        file.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", rows, 28, 28))
        for start in range(0, rows, len(pixels)):
            block = pixels[: rows - start]
            noise = draw.integers(0, 8, block.shape, np.uint8)  # the lowest bits, of what is not background
            file.write(np.where(block > 0, block ^ noise, 0).astype(np.uint8).tobytes())
    repeated = np.resize(labels, rows).tobytes()
    (folder / f"{name}-labels.idx").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", rows) + repeated)
    return {"images": str(folder / f"{name}-images.idx"), "labels": str(folder / f"{name}-labels.idx")}


def stand_ins(config, folder):
    """The config with stand-ins, which are written to the folder."""
    sets = {}
    for number, (name, settings) in enumerate(config["datasets"].items()):
        if "idx" not in settings and "transpose_of" not in settings:
            sys.exit(f"datasets.{name}: expected idx or transpose_of")
        sets[name] = dict(settings)
        if "idx" in settings:
            parts = [part.get("part", "train") for part in settings["idx"]]
            sets[name]["idx"] = [
                {**write_part(folder, f"{name}-{part}", ROWS[part], 10 * number + k), "part": part}
                for k, part in enumerate(parts)
            ]
    of_images = {name: task for name, task in config["tasks"].items() if "datasets" in task}
    return {**config, "datasets": sets, "tasks": of_images}


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    config = stand_ins(yaml.safe_load(source.read_text()), target)
    (target / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    print(f"{target}/config.yaml: stand-ins for {', '.join(config['datasets'])}")
