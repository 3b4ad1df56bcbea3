"""Raw files to data sets: each published form, and the ways in which files are compressed."""

import bz2
import gzip
import hashlib
import lzma
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bad_files import GOOD_CSV, idx, zip_of
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from soak.data import builtin
from soak.data.base import decode
from soak.data.builtin import builtin_images
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.data.formats.idx import read_idx
from soak.data.formats.transpose_of import transpose
from soak.data.sources import Source

DATA = Path(__file__).parents[1] / "files"
FASHION = {
    "images": str(DATA / "fashion-train-1000-images-idx3-ubyte.gz"),
    "labels": str(DATA / "fashion-train-1000-labels-idx1-ubyte.gz"),
}


def decoded(folder, name="D", **settings):
    settings = dataset(settings)
    raw = {source: found.urls[0] for source, found in settings.sources().items()}
    decode(name, settings, raw, folder / f"{name}.arrow")
    return Dataset.open(folder / f"{name}.arrow")


def test_fashion_mnist(tmp_path):
    data = decoded(tmp_path, idx=[FASHION])
    assert data.features.shape == (1000, 784)
    assert data.features.dtype == np.uint8
    assert (data.scale, data.image_shape, data.part) == (255.0, (28, 28), None)
    assert data.label[:8].tolist() == [9, 0, 0, 3, 0, 2, 7, 2]
    unpacked = gzip.decompress(Path(FASHION["images"]).read_bytes())
    assert data.features.sum() == np.frombuffer(unpacked, np.uint8, offset=16).sum()


def test_parts_and_first_rows(tmp_path):
    parts = [FASHION | {"part": "train"}, FASHION | {"part": "test"}]
    data = decoded(tmp_path, idx=parts, rows=1200)
    assert data.part.tolist() == ["train"] * 1000 + ["test"] * 200
    assert np.array_equal(data.features[1000:], data.features[:200])
    assert len(decoded(tmp_path, idx=parts, rows=10).label) == 10


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, ">u1"), (0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 3, 2), (1, 2, 1, 3)])
def test_idx_types_and_dimensions(tmp_path, code, dtype, shape):
    values = np.arange(6).reshape(shape).astype(dtype)
    (tmp_path / "a").write_bytes(idx(shape, values.tobytes(), code))
    read = read_idx(tmp_path / "a", "a")
    assert read.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(read, values)
    assert read_idx(tmp_path / "a", "a", rows=1).shape == (1, *shape[1:])


@pytest.mark.parametrize(
    "compress",
    [
        lambda data: data,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda data: pa.compress(data, "zstd", asbytes=True),
        lambda data: zip_of({"only": data}),
        lambda data: zip_of({"only.gz": gzip.compress(data)}),
        lambda data: gzip.compress(data[:10]) + gzip.compress(data[10:]),
    ],
)
def test_compressions(tmp_path, compress):
    values = np.arange(2000).reshape(20, 100) % 251
    (tmp_path / "a").write_bytes(compress(idx((20, 100), values.astype(np.uint8).tobytes())))
    assert np.array_equal(read_idx(tmp_path / "a", "a"), values)


def test_emnist_archive(tmp_path):
    """EMNIST's zip holds gzip files of all its parts in a folder; the archive is one raw file."""
    members = {}
    for part, count in (("train", 4), ("test", 2)):
        stem = f"gzip/emnist-mnist-{part}"
        members[f"{stem}-images-idx3-ubyte.gz"] = gzip.compress(idx((count, 28, 28), bytes(784 * count)))
        members[f"{stem}-labels-idx1-ubyte.gz"] = gzip.compress(idx((count,), bytes(range(count))))
    (tmp_path / "gzip.zip").write_bytes(zip_of(members | {"gzip/other": b""}))
    url = str(tmp_path / "gzip.zip")
    parts = [
        {
            "images": url,
            "labels": url,
            "images_member": f"gzip/emnist-mnist-{part}-images-idx3-ubyte.gz",
            "labels_member": f"gzip/emnist-mnist-{part}-labels-idx1-ubyte.gz",
            "part": part,
        }
        for part in ("train", "test")
    ]
    assert list(dataset({"idx": parts}).sources()) == ["images_1"]
    data = decoded(tmp_path, idx=parts)
    assert data.label.tolist() == [0, 1, 2, 3, 0, 1]
    assert data.part.tolist() == ["train"] * 4 + ["test"] * 2


def test_qmnist_labels_have_eight_columns(tmp_path):
    """The first is the class; big-endian 32-bit."""
    (tmp_path / "images").write_bytes(gzip.compress(idx((2, 28, 28), bytes(2 * 784))))
    labels = struct.pack(">16i", 7, 4, 1000, 0, 0, 0, 0, 0, 3, 4, 1001, 1, 0, 0, 0, 0)
    (tmp_path / "labels").write_bytes(gzip.compress(idx((2, 8), labels, 0x0C)))
    data = decoded(tmp_path, idx=[{"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}])
    assert data.label.tolist() == [7, 3]


def published_csv(path, features, labels, parts, form):
    lines = [",".join(["predefined.set", "y", *map(str, range(features.shape[1]))])]
    for part, label, row in zip(parts, labels, features, strict=True):
        lines.append(",".join([part, str(label), *(form(level) for level in row)]))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.parametrize(
    "form",
    [
        lambda level: f"{level / 255:.15g}",
        lambda level: repr(float(level / 255)),
        lambda level: str(np.float32(level / 255)),
        str,
    ],
    ids=["15 digits", "17 digits", "float32", "0 to 255"],
)
@pytest.mark.parametrize("compress", [lambda data: data, gzip.compress])
def test_published_csv(tmp_path, form, compress):
    levels = np.random.default_rng(1).permutation(np.arange(256).repeat(4)).reshape(16, 64).astype(np.uint8)
    parts, labels = ["train"] * 10 + ["test"] * 6, np.arange(16) % 10
    path = Path(published_csv(tmp_path / "a.csv", levels, labels, parts, form))
    path.write_bytes(compress(path.read_bytes()))
    data = decoded(tmp_path, csv=str(path))
    assert data.features.dtype == np.uint8
    assert np.array_equal(data.features, levels)
    assert (data.scale, data.image_shape) == (255.0, (8, 8))
    assert data.label.tolist() == labels.tolist()
    assert data.part.tolist() == parts
    assert np.array_equal(decoded(tmp_path, csv=str(path), rows=11).features, levels[:11])


@pytest.mark.parametrize(
    ("value", "dtype", "stored"),
    [("0.125", np.float32, 0.125), ("0.1", np.float64, 0.1), ("-1", np.float32, -1), ("256", np.float32, 256)],
)
def test_csv_of_other_values_is_kept_exactly(tmp_path, value, dtype, stored):
    (tmp_path / "a.csv").write_text(f"predefined.set,y,0,1\ntrain,a,0,1\ntest,b,1,{value}\n")
    data = decoded(tmp_path, csv=str(tmp_path / "a.csv"))
    assert (data.features.dtype, data.scale) == (dtype, 1.0)
    assert data.features.tolist() == [[0, 1], [1, stored]]
    assert data.label.tolist() == ["a", "b"]


def test_csv_of_many_blocks(tmp_path):
    """A value that is no level of a byte, in the last of several blocks."""
    row = "train,1," + ",".join(["0.5019607843"] * 500) + "\n"
    text = "predefined.set,y," + ",".join(map(str, range(500))) + "\n" + row * 1499
    text += "test,2," + ",".join(["0.5"] * 500) + "\n"
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert path.stat().st_size > 2 * 4 * 2**20
    data = decoded(tmp_path, csv=str(path))
    assert data.features.shape == (1500, 500)
    assert data.features.dtype == np.float64
    assert set(data.features[:-1].ravel()) == {0.5019607843}
    assert set(data.features[-1]) == {0.5}
    assert data.part[-1] == "test"


def test_rows_longer_than_a_block_of_text(tmp_path):
    pixels = ["0.501960784313725"] * 60_000
    (tmp_path / "a.csv").write_text(
        f"y,{','.join(map(str, range(60_000)))}\n1,{','.join(pixels)}\n2,{','.join(pixels)}\n"
    )
    data = decoded(tmp_path, csv=str(tmp_path / "a.csv"))
    assert data.features.shape == (2, 60_000)
    assert (data.features == 128).all()


LETTER_F = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]], dtype=np.uint8)
F_TRANSPOSED = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=np.uint8)


def test_transpose_turns_a_letter(tmp_path):
    Dataset("F", LETTER_F.reshape(1, 16), 1.0, np.array([5]), np.array(["a"]), (4, 4)).write(tmp_path / "F.arrow")
    transpose("F_rot", tmp_path / "F.arrow", tmp_path / "R.arrow")
    turned = Dataset.open(tmp_path / "R.arrow")
    assert np.array_equal(turned.features.reshape(4, 4), F_TRANSPOSED)
    assert (turned.name, turned.label.tolist(), turned.part.tolist()) == ("F_rot", [5], ["a"])


@pytest.mark.parametrize("shape", [(28, 28), (3, 5, 5)])
def test_transpose_is_its_own_inverse(tmp_path, shape):
    features = np.random.default_rng(1).integers(0, 256, (50, int(np.prod(shape))), dtype=np.uint8)
    Dataset("A", features, 255.0, np.arange(50), None, shape).write(tmp_path / "A.arrow")
    transpose("B", tmp_path / "A.arrow", tmp_path / "B.arrow")
    transpose("C", tmp_path / "B.arrow", tmp_path / "C.arrow", rows=20)
    assert not np.array_equal(Dataset.open(tmp_path / "B.arrow").features, features)
    assert np.array_equal(Dataset.open(tmp_path / "C.arrow").features, features[:20])


@pytest.mark.parametrize("name", ["digits", "font_digits", "font_letters"])
def test_builtin_images(tmp_path, name):
    data = decoded(tmp_path, builtin=name)
    assert data.features.dtype == np.uint8
    assert (data.features.shape[1], data.scale, data.image_shape) == (64, 16.0, (8, 8))
    assert data.features.max() == 16
    assert np.bincount(data.label).min() >= 174
    assert len(data.label) <= 1800
    images, labels = builtin_images(name)
    assert np.array_equal(images.reshape(-1, 64), data.features)
    assert np.array_equal(labels, data.label)
    first = data.label[:20].tolist()
    assert first != sorted(first)


def test_font_digits_are_digits_once_turned():
    """A model of the scans reads digits from fonts far better than by chance, if they are put upright, and no letters."""
    (scans, scan_labels), digits, letters = map(builtin_images, ("digits", "font_digits", "font_letters"))
    model = LinearDiscriminantAnalysis().fit(scans.reshape(-1, 64) / 16, scan_labels)

    def error(images, labels):
        return 1 - model.score(images.reshape(-1, 64) / 16, labels)

    assert 0.2 < error(digits[0].transpose(0, 2, 1), digits[1]) < 0.5
    assert error(*digits) > 0.6
    assert error(*letters) > 0.75


def test_the_shipped_characters():
    """The file that tests/data/make_fonts.py made: no version of matplotlib changes what the workflow reads."""
    file = Path(builtin.__file__).with_name("fonts.npz")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == builtin.FONTS_SHA256
    for name in ("font_digits", "font_letters"):
        images, labels = builtin_images(name)
        assert (images.shape, images.dtype, labels.dtype) == ((1800, 8, 8), np.uint8, np.int64)
        assert np.bincount(labels).tolist() == [180] * 10


def test_sources():
    settings = dataset({"idx": [FASHION | {"images_hash": "md5:" + "A" * 32}, FASHION]})
    assert list(settings.sources()) == ["images_1", "labels_1", "images_2"]  # the labels are one file
    assert list(settings.files()) == ["images_1", "labels_1", "images_2", "labels_2"]
    assert settings.sources()["images_1"] == Source((FASHION["images"],), ("md5:" + "a" * 32,))
    assert dataset({"builtin": "digits"}).sources() == dataset({"transpose_of": "A"}).sources() == {}


def test_byte_order_mark_is_not_part_of_a_name(tmp_path):
    (tmp_path / "a.csv").write_bytes(
        b"\xef\xbb\xbf" + GOOD_CSV.replace("region,y,a,b", "predefined.set,y,0,1").encode()
    )
    assert decoded(tmp_path, csv=str(tmp_path / "a.csv")).part.tolist() == ["N", "S", "N", "S"]
