"""Files that cannot be used: a message of one line each, which says what, where and what is expected; nothing is left behind."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from bad_files import DATASETS, GOOD_CSV, IMAGES, TABLES, idx, images_and_labels, number_table, table
from pydantic import ValidationError

from soak.data.base import decode
from soak.data.catalog import check_datasets, dataset
from soak.data.dataset import Dataset
from soak.data.download import download
from soak.data.formats.transpose_of import transpose
from soak.errors import SoakError
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings


def decode_here(settings, folder):
    settings = dataset(settings)
    raw = {name: source.urls[0] for name, source in settings.sources().items()}
    decode("D", settings, raw, folder / "results" / "D.arrow")


def build_here(settings, folder):
    settings = TaskSettings(**settings)
    build_task("T", settings, settings.table, folder / "results" / "T.arrow")


def check_message(function, settings, folder, message):
    with pytest.raises(SoakError) as caught:
        function(settings, folder)
    assert str(caught.value).replace(str(folder), "FOLDER") == message
    assert all(line.startswith("soak: ") for line in message.split("\n")[1:])
    results = folder / "results"
    assert not results.exists() or not list(results.iterdir())


@pytest.mark.parametrize("name", DATASETS)
def test_bad_data_set(name, tmp_path):
    make, message = DATASETS[name]
    check_message(decode_here, make(tmp_path), tmp_path, message)


@pytest.mark.parametrize("name", TABLES)
def test_bad_table(name, tmp_path):
    make, message = TABLES[name]
    check_message(build_here, make(tmp_path), tmp_path, message)


def test_good_files_are_taken(tmp_path):
    """The same makers without the mistake: the cases above fail for the reason that they name."""
    decode_here(images_and_labels(tmp_path, IMAGES), tmp_path)
    build_here(table(tmp_path, GOOD_CSV), tmp_path)
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "D.arrow", "T.arrow",
    }  # fmt: skip


CONFIG_MISTAKES = {
    "path traversal": (
        dataset,
        {"idx": [{"images": "a.zip", "labels": "b.zip", "images_member": "../../etc/passwd"}]},
        "expected the name of a file in the archive, as its listing shows it, got '../../etc/passwd'",
    ),
    "absolute member": (
        dataset,
        {"idx": [{"images": "a.zip", "labels": "b.zip", "labels_member": "/etc/passwd"}]},
        "expected the name of a file in the archive, as its listing shows it, got '/etc/passwd'",
    ),
    "checksum": (
        dataset,
        {"csv": "a.csv", "hash": "sha1:abc"},
        'expected a checksum as "md5:…" (32 hex digits), "sha256:…" (64), or "raw-sha256:…" (64, of the decompressed bytes); got \'sha1:abc\'',
    ),
    "two sources": (
        dataset,
        {"builtin": "digits", "csv": "a.csv"},
        "expected exactly one of the keys binary, builtin, csv, idx, reader, tables, transpose_of; got builtin and csv",
    ),
    "no source": (
        dataset,
        {"rows": 3},
        "expected exactly one of the keys binary, builtin, csv, idx, reader, tables, transpose_of; got none",
    ),
    "labels of nothing": (
        dataset,
        {"binary": [{"images": "a", "labels_member": "y.bin"}], "shape": [2, 2]},
        "labels_member: expected together with labels, the file that it describes",
    ),
    "a hash of all files": (
        dataset,
        {"idx": [{"images": "a", "labels": "b"}], "hash": "md5:" + "0" * 32},
        "hash: each entry of idx has its own: images_hash and labels_hash",
    ),
    "shape of square images": (
        dataset,
        {"csv": "a", "shape": [2, 2]},
        "shape: is a key of binary and tables, not of csv",
    ),
    "columns of images by rows": (
        dataset,
        {"csv": "a", "by_column": True},
        "by_column: is a key of binary, not of csv",
    ),
    "part and parts": (
        dataset,
        {"tables": [{"table": "a", "part": "train", "parts": "b"}]},
        "expected part (a name for all rows) or parts (a file with a value for each), got both",
    ),
    "names of no parts": (
        dataset,
        {"tables": [{"table": "a", "part_names": {0: "train"}}]},
        "part_names: expected together with parts, the file that it describes",
    ),
    "scheme": (
        dataset,
        {"csv": "ftp://host/a.csv"},
        "expected http://, https://, file:// or a path, got ftp://",
    ),
    "roles exclude each other": (
        TaskSettings.model_validate,
        {"table": "a.csv", "target": "y", "group": "y"},
        "group: expected a column without a role, but 'y' is the target",
    ),
    "feature with a role": (
        TaskSettings.model_validate,
        {"table": "a.csv", "target": "y", "subset": "s", "features": ["a", "s"]},
        "features: expected columns without a role, but 's' is the subset",
    ),
    "stratum is the group": (
        TaskSettings.model_validate,
        {"table": "a.csv", "target": "y", "group": "g", "stratum": "g"},
        "stratum: expected the target, the subset, or columns without a role, but 'g' is the group",
    ),
    "feature twice": (
        TaskSettings.model_validate,
        {"table": "a.csv", "target": "y", "features": ["a", "b", "a"]},
        "features: expected each column once, got 'a' twice",
    ),
    "no target": (
        TaskSettings.model_validate,
        {"table": "a.csv"},
        "target: expected the name of the column to predict, got none",
    ),
    "built-in table": (
        TaskSettings.model_validate,
        {"table": "builtin:iris", "target": "y"},
        "table: expected builtin:diabetes, builtin:soaked_different or builtin:soaked_iid_easy, got 'builtin:iris'",
    ),
    "regex": (
        TaskSettings.model_validate,
        {"table": "a.csv", "target": "y", "features": "(a"},
        "features: expected a regular expression, got '(a': missing ), unterminated subpattern at position 0",
    ),
    "group of images": (
        TaskSettings.model_validate,
        {"datasets": ["A"], "group": "writer"},
        "group: is a key of table, not of datasets (their columns: label, part, dataset)",
    ),
}


@pytest.mark.parametrize("name", CONFIG_MISTAKES)
def test_bad_settings(name):
    validate, settings, message = CONFIG_MISTAKES[name]
    with pytest.raises(ValidationError) as caught:
        validate(settings)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {message}"]


def test_all_mistakes_between_data_sets_at_once():
    datasets = {
        "A": dataset({"transpose_of": "B"}),
        "B": dataset({"transpose_of": "A"}),
        "MNIST": dataset({"builtin": "digits"}),
        "mnist": dataset({"transpose_of": "MNITS"}),
        "a b": dataset({"builtin": "digits"}),
    }
    assert check_datasets(datasets) == [
        (("datasets", "a b"), "expected a name of letters, digits, '_', '.' and '-' only, got 'a b'"),
        (("datasets", "mnist"), "differs from 'MNIST' in case only, which some disks ignore; use another name"),
        (("datasets", "A", "transpose_of"), "A -> B -> A is a circle; expected one of them to have rows of its own"),
        (("datasets", "B", "transpose_of"), "B -> A -> B is a circle; expected one of them to have rows of its own"),
        (("datasets", "mnist", "transpose_of"), "there is no data set 'MNITS'; did you mean 'MNIST'?"),
    ]


def images_of(folder, name, shape, image_shape):
    count = int(np.prod(shape))
    features = np.arange(count, dtype=np.uint8).reshape(shape)
    Dataset(name, features, 255.0, np.arange(len(features)), None, image_shape).write(folder / f"{name}.arrow")
    return folder / f"{name}.arrow"


@pytest.mark.parametrize(
    ("shape", "image_shape", "got"),
    [
        ((2, 6), (2, 3), "2 x 3 pixels"),
        ((2, 6), None, "6 values per row"),
    ],
)
def test_transpose_of_rows_that_are_not_square(tmp_path, shape, image_shape, got):
    path = images_of(tmp_path, "A", shape, image_shape)
    with pytest.raises(SoakError) as caught:
        transpose("B", path, tmp_path / "B.arrow")
    assert str(caught.value) == f"datasets.B.transpose_of: expected square images in A, got {got}"


def test_data_sets_that_differ(tmp_path):
    paths = {"A": images_of(tmp_path, "A", (2, 4), (2, 2)), "B": images_of(tmp_path, "B", (2, 9), (3, 3))}
    for settings, message in (
        (
            {"datasets": ["A", "B"]},
            "tasks.T.datasets: expected images of the same shape, got 2 x 2 pixels (A) and 3 x 3 (B)",
        ),
        (
            {"datasets": ["A"], "subset": "part"},
            "tasks.T: expected a part for each row of A, got none for some; give its entries part: NAME",
        ),
    ):
        with pytest.raises(SoakError) as caught:
            build_task("T", TaskSettings(**settings), paths, tmp_path / "T.arrow")
        assert str(caught.value).startswith(message)


def test_parts_that_differ(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = images_and_labels(tmp_path / "a", IMAGES)["idx"]
    two = images_and_labels(tmp_path / "b", idx((3, 2, 3), bytes(18)))["idx"]
    message = "FOLDER/b/images: expected images of 2 x 2 uint8 values, as in the first file, got 2 x 3 uint8"
    check_message(decode_here, {"idx": one + two}, tmp_path, message)


def test_tables_that_differ(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = number_table(tmp_path / "a", "y x.1 x.2\n1 2 3\n")["tables"]
    two = number_table(tmp_path / "b", "y x.2 x.1\n1 2 3\n")["tables"]
    message = "FOLDER/b/rows: expected the features of the first table, x.1, x.2; got x.2, x.1"
    check_message(decode_here, {"tables": one + two}, tmp_path, message)


def test_file_of_another_program(tmp_path):
    (tmp_path / "A.arrow").write_bytes(b"ARROW1 but no more")
    with pytest.raises(SoakError, match=r"A.arrow: not a file of this workflow, or truncated; delete it and run again"):
        transpose("B", tmp_path / "A.arrow", tmp_path / "B.arrow")


@contextmanager
def ordinary_user():
    """Permissions do not bind root: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_file_without_permission(open_folder):
    settings = table(open_folder, GOOD_CSV)
    (open_folder / "my.csv").chmod(0)
    with ordinary_user():
        check_message(build_here, settings, open_folder, "FOLDER/my.csv: no permission to read it")
        with pytest.raises(SoakError, match=r"my.csv: no permission to read it$"):
            download([str(open_folder / "my.csv")], [], open_folder / "raw" / "a")


def test_folder_that_cannot_be_written(open_folder):
    table_settings, idx_settings = table(open_folder, GOOD_CSV), images_and_labels(open_folder, IMAGES)
    (open_folder / "results").mkdir(mode=0o555)
    with ordinary_user():
        message = "FOLDER/results/T.arrow: cannot be written: no permission to write there"
        check_message(build_here, table_settings, open_folder, message)
        check_message(decode_here, idx_settings, open_folder, message.replace("T.arrow", "D.arrow"))
        with pytest.raises(SoakError, match=r"results/a: cannot be written: no permission to write there$"):
            download([str(open_folder / "my.csv")], [], open_folder / "results" / "a")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_disk_full(small_disk, tmp_path):
    rows = "".join(f"N,{'cat' if k % 2 else 'dog'},{k / 7:.12f}\n" for k in range(20_000))
    settings = TaskSettings(**table(tmp_path, "region,y,a\n" + rows))
    with pytest.raises(SoakError, match=r"small/T.arrow: cannot be written: no space is left on its disk$"):
        build_task("T", settings, settings.table, small_disk / "T.arrow")
    images = dataset({"builtin": "digits"})
    with pytest.raises(SoakError, match=r"small/D.arrow: cannot be written: no space is left on its disk$"):
        decode("D", images, {}, small_disk / "D.arrow")
    with pytest.raises(SoakError, match=r"small/a: cannot be written: no space is left on its disk$"):
        download([settings.table], [], small_disk / "a")
    assert list(small_disk.iterdir()) == []
