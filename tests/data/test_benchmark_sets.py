"""The paper's benchmark: each data set of config/benchmark.yaml, decoded from small files of its true form."""

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from bad_files import idx, zip_of

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.data.download import download
from soak.data.formats.transpose_of import transpose
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config" / "benchmark.yaml").read_text())
RNG = np.random.default_rng(1)
N = 30  # rows of a part: ten classes, three each

# Table 1 of the paper and its image pairs: columns that are features, classes, subsets.
PAPER = {
    "spam": (57, 2, 2),
    "vowel": (10, 11, 2),
    "waveform": (21, 3, 2),
    "zipUSPS": (256, 10, 2),
    "MNIST": (784, 10, 2),
    "EMNIST": (784, 10, 2),
    "FashionMNIST": (784, 10, 2),
    "KMNIST": (784, 10, 2),
    "QMNIST": (784, 10, 2),
    "CIFAR10": (3072, 10, 2),
    "STL10": (27648, 10, 2),
    "MNIST_EMNIST": (784, 10, 2),
    "MNIST_EMNIST_rot": (784, 10, 2),
    "MNIST_FashionMNIST": (784, 10, 2),
    "CanadaFires_all": (46, 2, 4),
    "CanadaFires_downSampled": (46, 2, 4),
    "aztrees3": (21, 2, 3),
    "aztrees4": (21, 2, 4),
    "NSCH_autism": (364, 2, 2),
    "FishSonar_river": (81, 2, 4),
}


def tar_gz(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        folder = tarfile.TarInfo(next(iter(members)).partition("/")[0])
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def pixels(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def digits(start=0, classes=10):
    return (np.arange(N) % classes + start).astype(np.uint8)


def numbers(n_columns, classes, label):
    """Rows of text: a label and numbers with three digits."""
    return [[label(k % classes), *(f"{x:.3f}" for x in RNG.normal(size=n_columns))] for k in range(N)]


def esl_csv(n_columns, classes):
    """As vowel.train: a header with row.names, y, x.1, …, commas."""
    names = ",".join(["row.names", "y", *(f"x.{j}" for j in range(1, n_columns + 1))])
    rows = numbers(n_columns, classes, lambda k: str(k + 1))
    return "\n".join([names, *(",".join([str(k), *row]) for k, row in enumerate(rows, start=1))]) + "\n"


def idx_images():
    return gzip.compress(idx((N, 28, 28), pixels(N, 28, 28).tobytes()))


def idx_labels():
    return gzip.compress(idx((N,), digits().tobytes()))


def qmnist_labels():
    """Eight columns of big-endian 32-bit numbers: class, series, writer, …"""
    rows = b"".join(struct.pack(">8i", label, 4, 1000 + label, 0, 0, 0, 0, 0) for label in digits().tolist())
    return gzip.compress(idx((N, 8), rows, 0x0C))


def emnist_zip():
    return zip_of(
        {
            f"gzip/emnist-mnist-{part}-{kind}-ubyte.gz": make()
            for part in ("train", "test")
            for kind, make in (("images-idx3", idx_images), ("labels-idx1", idx_labels))
        }
    )


def cifar_tar():
    batches = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
    records = {name: np.hstack([digits()[:, None], pixels(N, 3072)]).tobytes() for name in batches}
    members = {f"cifar-10-batches-bin/{name}.bin": data for name, data in records.items()}
    return tar_gz({"cifar-10-batches-bin/batches.meta.txt": b"airplane\n"} | members)


def stl_tar():
    members = {}
    for part in ("test", "train"):
        members[f"stl10_binary/{part}_X.bin"] = pixels(N, 3 * 96 * 96).tobytes()
        members[f"stl10_binary/{part}_y.bin"] = digits(start=1).tobytes()
    return tar_gz(members | {"stl10_binary/class_names.txt": b"airplane\n"})


def spam_data():
    return "".join(" ".join([*row[1:], row[0]]) + "\n" for row in numbers(57, 2, str)).encode()


def spam_traintest():
    return "".join(f"{int(k % 3 == 0)}\n" for k in range(N)).encode()


def zip_gz():
    """Spaces, also at the end of each line; the digit written with decimals."""
    rows = numbers(256, 10, lambda k: f"{k:.4f}")
    return gzip.compress("".join(" ".join(row) + " \n" for row in rows).encode())


# the last part of a URL: bytes of the true form
FILES = {
    "gzip.zip": emnist_zip,
    "cifar-10-binary.tar.gz": cifar_tar,
    "stl10_binary.tar.gz": stl_tar,
    "spam.data": spam_data,
    "spam.traintest": spam_traintest,
    "zip.train.gz": zip_gz,
    "zip.test.gz": zip_gz,
    "vowel.train": lambda: esl_csv(10, 11).encode(),
    "vowel.test": lambda: esl_csv(10, 11).encode(),
    "waveform.train": lambda: esl_csv(21, 3).encode(),
    "waveform.test": lambda: esl_csv(21, 3).encode(),
}


def bytes_of(url):
    name = url.rpartition("/")[2]
    if name in FILES:
        return FILES[name]()
    if "images-idx3" in name:
        return idx_images()
    return qmnist_labels() if "idx2-int" in name else idx_labels()


@pytest.fixture(scope="module")
def raw_files(tmp_path_factory):
    """A file for each URL of the config, and its name."""
    folder = tmp_path_factory.mktemp("published")
    files = {}
    for name, settings in CONFIG["datasets"].items():
        for source in dataset(settings).sources().values():
            url = source.urls[-1]
            if url not in files:
                files[url] = folder / f"{len(files)}-{name}"
                files[url].write_bytes(bytes_of(url))
    return files


@pytest.fixture(scope="module")
def decoded(raw_files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("decoded")
    paths = {}
    for name, one in CONFIG["datasets"].items():
        settings, paths[name] = dataset(one), folder / f"{name}.arrow"
        if settings.transpose_of:
            transpose(name, paths[settings.transpose_of], paths[name])
            continue
        raw = {}
        for key, source in settings.sources().items():
            raw[key] = folder / name / key
            download([str(raw_files[source.urls[-1]])], [], raw[key])
        decode(name, settings, raw, paths[name])
    return paths


def test_every_row_of_the_papers_table():
    assert set(CONFIG["tasks"]) == set(PAPER)
    assert len(PAPER) == 20


@pytest.mark.parametrize("name", [name for name, task in CONFIG["tasks"].items() if "datasets" in task])
def test_tasks_of_data_sets(name, decoded, tmp_path):
    build_task(name, TaskSettings(**CONFIG["tasks"][name]), decoded, tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    found = task.features.shape[1], len(task.classes), len(set(task.subset))
    assert found == PAPER[name]
    assert len(task.strata) == 2


def published_table(name, subset):
    """As the paper's data folder has it: the subset, y, then the features."""
    n_features, _, n_subsets = PAPER[name]
    lines = [",".join([subset, "y", *(f"feature_{j}" for j in range(n_features))])]
    for k in range(4 * n_subsets):
        values = ",".join(f"{x:.4f}" for x in RNG.normal(size=n_features))
        lines.append(f"{300 + k % n_subsets},{'no burn' if k % 8 < 4 else 'burned'},{values}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", [name for name, task in CONFIG["tasks"].items() if "table" in task])
def test_tasks_of_tables(name, tmp_path):
    settings = TaskSettings(**CONFIG["tasks"][name])
    assert settings.table.endswith(f"/data_Classif/{name}.csv")
    (tmp_path / "raw").write_text(published_table(name, settings.subset))
    build_task(name, settings, tmp_path / "raw", tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    assert (task.features.shape[1], len(task.classes), len(set(task.subset))) == PAPER[name]
    assert task.type == "classification"


def published(raw_files, name, url_end):
    return next(path.read_bytes() for url, path in raw_files.items() if url.endswith(url_end))


def member(data, name):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return np.frombuffer(archive.extractfile(name).read(), np.uint8)


def test_cifar10_has_a_label_before_each_image(raw_files, decoded):
    data = Dataset.open(decoded["CIFAR10"])
    archive = published(raw_files, "CIFAR10", "cifar-10-binary.tar.gz")
    assert data.part.tolist() == ["train"] * 5 * N + ["test"] * N
    assert (data.image_shape, data.scale, data.features.dtype) == ((3, 32, 32), 255.0, np.uint8)
    for batch, start in (("data_batch_2", N), ("test_batch", 5 * N)):
        records = member(archive, f"cifar-10-batches-bin/{batch}.bin").reshape(N, 3073)
        assert data.label[start : start + N].tolist() == records[:, 0].tolist()
        assert np.array_equal(data.features[start : start + N], records[:, 1:])


def test_stl10_goes_down_the_columns(raw_files, decoded):
    data = Dataset.open(decoded["STL10"])
    archive = published(raw_files, "STL10", "stl10_binary.tar.gz")
    stored = member(archive, "stl10_binary/test_X.bin").reshape(N, 3, 96, 96)  # image, channel, column, row
    assert data.image_shape == (3, 96, 96)
    assert np.array_equal(data.features[N:].reshape(N, 3, 96, 96), stored.transpose(0, 1, 3, 2))
    assert data.label.tolist() == [*digits(start=1), *digits(start=1)]
    assert data.part.tolist() == ["train"] * N + ["test"] * N


def test_spam_has_a_part_per_row(raw_files, decoded):
    data = Dataset.open(decoded["spam"])
    rows = [line.split() for line in published(raw_files, "spam", "spam.data").decode().splitlines()]
    assert data.features.tolist() == [[float(value) for value in row[:-1]] for row in rows]
    assert data.label.tolist() == [int(row[-1]) for row in rows]
    assert data.part.tolist() == [("train", "test")[k % 3 == 0] for k in range(N)]


def test_zip_has_spaces_and_decimals(raw_files, decoded):
    data = Dataset.open(decoded["zipUSPS"])
    text = gzip.decompress(published(raw_files, "zipUSPS", "zip.test.gz")).decode()
    rows = [[float(value) for value in line.split()] for line in text.splitlines()]
    assert data.features[N:].tolist() == [row[1:] for row in rows]
    assert data.label[N:].tolist() == [row[0] for row in rows]
    assert data.label.dtype == np.int64
    assert (data.image_shape, data.scale) == ((16, 16), 1.0)


def test_vowel_has_row_names(raw_files, decoded):
    data = Dataset.open(decoded["vowel"])
    rows = [line.split(",") for line in published(raw_files, "vowel", "vowel.train").decode().splitlines()[1:]]
    assert data.features[:N].tolist() == [[float(value) for value in row[2:]] for row in rows]
    assert data.label[:N].tolist() == [int(row[1]) for row in rows]


def table_set(folder, text, rows=None, **settings):
    (folder / "a").write_bytes(text if isinstance(text, bytes) else text.encode())
    entry = {"table": str(folder / "a"), **settings}
    made = dataset({"tables": [entry], "rows": rows})
    raw = {key: source.urls[0] for key, source in made.sources().items()}
    decode("D", made, raw, folder / "D.arrow")
    return Dataset.open(folder / "D.arrow")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("y,a,b\n1,0.5,2\n2,1.5,3\n", {}),
        ("y\ta\tb\n1\t0.5\t2\n2\t1.5\t3\n", {}),
        ("y;a;b\n1;0.5;2\n2;1.5;3\n", {}),
        ('"y" "a" "b"\n1 0.5 2\n2 1.5 3\n', {}),
        ("y  a   b\r\n  1 0.5  2  \r\n2\t1.5 3", {}),
        ("1 0.5 2\n\n2 1.5 3\n\n", {"header": False, "label": 1}),
        ("1,0.5,2\n2,1.5,3", {"header": False, "label": "1"}),
        (gzip.compress(b"0.5 1.0 2 \n1.5 2.0 3 \n", mtime=0), {"header": False, "label": 2}),
        (zip_of({"x/a.txt": b"y a b\n1 0.5 2\n2 1.5 3", "b": b""}), {"member": "x/a.txt"}),
    ],
)
def test_separators(tmp_path, text, settings):
    data = table_set(tmp_path, text, **settings)
    assert data.features.tolist() == [[0.5, 2], [1.5, 3]]
    assert data.label.tolist() == [1, 2]
    assert (data.features.dtype, data.part, data.image_shape) == (np.float32, None, None)


def test_long_table_of_spaces(tmp_path):
    """Many blocks of text, values that are cut by the ends of blocks, a float64 in the last row only."""
    values = RNG.integers(0, 1000, (40_000, 12)) / 8
    text = "".join("  ".join(map(str, row)) + " \n" for row in values.tolist())
    data = table_set(tmp_path, "1 " * 12 + "\n" + text + "0.1 " * 12, header=False, label=1, part="all")
    assert len(text) > 2 * 2**20
    assert np.array_equal(data.features[1:-1], values[:, 1:])
    assert data.features[-1].tolist() == [0.1] * 11
    assert (data.features.dtype, set(data.part)) == (np.float64, {"all"})


def test_first_rows_of_tables(tmp_path):
    (tmp_path / "parts").write_text("1\n0\n1\n")
    data = table_set(tmp_path, "1 5\n2 6\n3 7\n", rows=2, header=False, label=1, parts=str(tmp_path / "parts"))
    assert (data.label.tolist(), data.part.tolist()) == ([1, 2], ["1", "0"])


@pytest.mark.parametrize("rows", [None, 1, 2, 3])
@pytest.mark.parametrize("by_column", [False, True])
def test_bytes_of_grey_images(tmp_path, rows, by_column):
    """Not square, so that rows and columns differ."""
    (tmp_path / "a").write_bytes(bytes([7, 0, 1, 2, 3, 4, 5, 8, 10, 11, 12, 13, 14, 15]))
    made = dataset({"binary": [{"images": "a"}], "shape": [2, 3], "by_column": by_column, "rows": rows})
    decode("D", made, {"images_1": tmp_path / "a"}, tmp_path / "D.arrow")
    data = Dataset.open(tmp_path / "D.arrow")
    order = [0, 2, 4, 1, 3, 5] if by_column else [0, 1, 2, 3, 4, 5]
    assert data.features.tolist() == [order, [10 + k for k in order]][:rows]
    assert data.label.tolist() == [7, 8][:rows]
    assert data.image_shape == (2, 3)
