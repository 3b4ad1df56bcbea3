"""Makers of files that cannot be used. Each writes below a folder and returns the settings that name it."""

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

GOOD_CSV = "region,y,a,b\nN,cat,1.5,2\nS,dog,2.5,3\nN,dog,0.5,4\nS,cat,1.0,5\n"


def idx(shape: tuple[int, ...], data: bytes, type_code: int = 8) -> bytes:
    return bytes([0, 0, type_code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


IMAGES = idx((3, 2, 2), bytes(range(12)))
LABELS = idx((3,), bytes([0, 1, 2]))


def images_and_labels(folder: Path, images: bytes, labels: bytes = LABELS, **members: str) -> dict[str, Any]:
    """Settings of a data set of two IDX files."""
    (folder / "images").write_bytes(images)
    (folder / "labels").write_bytes(labels)
    return {"idx": [{"images": str(folder / "images"), "labels": str(folder / "labels"), **members}]}


def images_of_bytes(folder: Path, images: bytes, labels: bytes | None = None, **settings: Any) -> dict[str, Any]:
    """Settings of a data set of images as bytes, 2 x 2 each."""
    (folder / "images").write_bytes(images)
    entry = {"images": str(folder / "images")}
    if labels is not None:
        (folder / "labels").write_bytes(labels)
        entry["labels"] = str(folder / "labels")
    return {"binary": [entry | settings], "shape": [2, 2]}


def number_table(folder: Path, text: str, parts: str | None = None, **settings: Any) -> dict[str, Any]:
    """Settings of a data set of one table of numbers."""
    (folder / "rows").write_text(text)
    entry = {"table": str(folder / "rows"), **settings}
    if parts is not None:
        (folder / "parts").write_text(parts)
        entry["parts"] = str(folder / "parts")
    return {"tables": [entry]}


def image_csv(folder: Path, text: str | bytes) -> dict[str, Any]:
    """Settings of a data set of one CSV file."""
    path = folder / "images.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"csv": str(path)}


def table(folder: Path, content: str | bytes, name: str = "my.csv", **settings: Any) -> dict[str, Any]:
    """Settings of a task of one table."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {"table": str(path), "target": "y", "subset": "region", **settings}


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def bomb() -> bytes:
    """300 MB of zeros in 300 kB."""
    compressor = zlib.compressobj(9, 8, 31)
    piece = bytes(2**20)
    return (
        b"".join([compressor.compress(idx((300, 1024, 1024), b""))] + [compressor.compress(piece) for _ in range(300)])
        + compressor.flush()
    )


def parquet() -> bytes:
    buffer = io.BytesIO()
    pd.read_csv(io.StringIO(GOOD_CSV)).to_parquet(buffer)
    return buffer.getvalue()


def arrow() -> bytes:
    sink = pa.BufferOutputStream()
    data = pa.table(pd.read_csv(io.StringIO(GOOD_CSV)))
    with pa.ipc.new_file(sink, data.schema) as writer:
        writer.write_table(data)
    return sink.getvalue().to_pybytes()


def parquet_of(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


def directory(folder: Path) -> dict[str, Any]:
    (folder / "my.csv").mkdir()
    return {"table": str(folder / "my.csv"), "target": "y"}


def pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "my.csv")
    return {"table": str(folder / "my.csv"), "target": "y"}


def dangling_link(folder: Path) -> dict[str, Any]:
    (folder / "my.csv").symlink_to("moved.csv")
    return {"table": str(folder / "my.csv"), "target": "y"}


def damaged(data: bytes, place: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def noise(size: int) -> bytes:
    """Bytes that do not compress."""
    return random.Random(1).randbytes(size)


LONG = GOOD_CSV + "".join(f"N,cat,{k / 7:.12f},{k * k}\n" for k in range(3000))

# Found by test_fuzz_readers; zipfile answers it with an IndexError.
NAMELESS_ZIP = (
    b"PK\x03\x04\x00\x00\x00\x00\x08\x00\xa7=x]\x8f\x9c\x9b\xe2\x0c\x00\x00\x00\n\x00\x00\x00\x01\x00\x00\x00ac`\xe0`d```b`\x04\x00PK"
    b"\x01\x02\x14\x03\x14]\x8f\x9c\x9b\xe2\x0c\x00\x00\x00\n\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00a"
    b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00/\x00\x00\x00+\x00\x00\x00\x00\x00"
)

# name: (maker of settings, message); FOLDER stands for the folder of the file
DATASETS: dict[str, tuple[Any, str]] = {
    "truncated gzip": (
        lambda f: images_and_labels(f, gzip.compress(idx((300, 10, 10), noise(30000)))[:20000]),
        "FOLDER/images: the gzip data end too early: the file is truncated",
    ),
    "damaged gzip": (
        lambda f: images_and_labels(f, damaged(gzip.compress(IMAGES), -8)),
        "FOLDER/images: the gzip data are damaged (CRC check failed 0xc66f449c != 0xc66f4463)",
    ),
    "truncated xz": (
        lambda f: images_and_labels(f, lzma.compress(idx((300, 10, 10), noise(30000)))[:20000]),
        "FOLDER/images: the xz data end too early: the file is truncated",
    ),
    "truncated bzip2": (
        lambda f: images_and_labels(f, bz2.compress(idx((300, 10, 10), noise(30000)))[:20000]),
        "FOLDER/images: the bzip2 data end too early: the file is truncated",
    ),
    "damaged zstd": (
        lambda f: images_and_labels(f, b"\x28\xb5\x2f\xfd" + bytes(30)),
        "FOLDER/images: the zstd data end too early: the file is truncated",
    ),
    "truncated zip": (
        lambda f: images_and_labels(f, zip_of({"a": IMAGES})[:-10]),
        "FOLDER/images: the zip archive is damaged or truncated (File is not a zip file)",
    ),
    "zip member without a name": (
        lambda f: images_and_labels(f, NAMELESS_ZIP),
        "FOLDER/images: the zip archive is damaged or truncated (string index out of range)",
    ),
    "tar without a member": (
        lambda f: images_and_labels(f, tar_of({"x/train.bin": IMAGES, "x/test.bin": b"1"})),
        "FOLDER/images: is a tar archive; set member to one of its files: x/train.bin, x/test.bin",
    ),
    "no such tar member": (
        lambda f: images_and_labels(f, gzip.compress(tar_of({"x/train.bin": IMAGES})), images_member="x/Train.bin"),
        "FOLDER/images: has no member 'x/Train.bin'; did you mean 'x/train.bin'?",
    ),
    "damaged zip member": (
        lambda f: images_and_labels(f, damaged(zip_of({"a": noise(9999)}), 5000)),
        "FOLDER/images, member a: the zip data are damaged (Bad CRC-32 for file 'a')",
    ),
    "wrong magic number": (
        lambda f: images_and_labels(f, b"\x89PNG\r\n\x1a\n" + bytes(100)),
        "FOLDER/images: expected an IDX file, which starts with the bytes 00 00, a type (08, 09, 0b, 0c, 0d, 0e) and 01 to 04 for the dimensions; got 89 50 4e 47",
    ),
    "unknown type": (
        lambda f: images_and_labels(f, idx((3, 2, 2), bytes(12), 0x0A)),
        "FOLDER/images: expected an IDX file, which starts with the bytes 00 00, a type (08, 09, 0b, 0c, 0d, 0e) and 01 to 04 for the dimensions; got 00 00 0a 03",
    ),
    "too many dimensions": (
        lambda f: images_and_labels(f, idx((3, 2, 2, 1, 1), bytes(12))),
        "FOLDER/images: expected an IDX file, which starts with the bytes 00 00, a type (08, 09, 0b, 0c, 0d, 0e) and 01 to 04 for the dimensions; got 00 00 08 05",
    ),
    "header truncated": (
        lambda f: images_and_labels(f, IMAGES[:9]),
        "FOLDER/images: ends within its header: the file is truncated",
    ),
    "no items": (
        lambda f: images_and_labels(f, idx((0, 2, 2), b"")),
        "FOLDER/images: holds no items: its header promises 0 x 2 x 2",
    ),
    "fewer items": (
        lambda f: images_and_labels(f, IMAGES[:-3]),
        "FOLDER/images: holds fewer items than its header promises: 3 x 2 x 2 items are 12 bytes, but 9 bytes follow the header",
    ),
    "more items": (
        lambda f: images_and_labels(f, IMAGES + b"\0"),
        "FOLDER/images: holds more items than its header promises: 3 x 2 x 2 items are 12 bytes, but 13 bytes follow the header",
    ),
    "huge header": (
        lambda f: images_and_labels(f, idx((2**31, 2**31, 2**31), b"\0")),
        "FOLDER/images: its header promises 2147483648 x 2147483648 x 2147483648 items, more than memory holds",
    ),
    "header larger than file": (
        lambda f: images_and_labels(f, idx((2**20, 100), b"\0")),
        "FOLDER/images: holds fewer items than its header promises: 1048576 x 100 items are 104857600 bytes, but 1 bytes follow the header",
    ),
    "counts differ": (
        lambda f: images_and_labels(f, IMAGES, idx((2,), b"\0\1")),
        "FOLDER/images: holds 3 images, but FOLDER/labels holds 2 labels; expected a label for each image",
    ),
    "swapped": (
        lambda f: images_and_labels(f, LABELS, IMAGES),
        "FOLDER/images: has 1 dimension, as labels have; images have 2 to 4: were the two files swapped?",
    ),
    "swapped, equal counts": (
        lambda f: images_and_labels(f, IMAGES, IMAGES),
        "FOLDER/labels: has 3 dimensions, as images have; labels have 1: were the two files swapped?",
    ),
    "negative label": (
        lambda f: images_and_labels(f, IMAGES, idx((3,), struct.pack(">3i", 0, 1, -7), 0x0C)),
        "FOLDER/labels, item 3: expected a label 0, 1, 2, …, got -7",
    ),
    "fractional label": (
        lambda f: images_and_labels(f, IMAGES, idx((3,), struct.pack(">3f", 0, 1.5, 2), 0x0D)),
        "FOLDER/labels, item 2: expected a label 0, 1, 2, …, got 1.5",
    ),
    "pixel not finite": (
        lambda f: images_and_labels(f, idx((3, 1, 1), struct.pack(">3f", 0, 1, float("nan")), 0x0D)),
        "FOLDER/images, item 3: a pixel is missing or infinite",
    ),
    "HTML page": (
        lambda f: images_and_labels(f, b"<!DOCTYPE html>\n<html>404</html>"),
        "FOLDER/images: expected data, got an HTML page; open it in a browser to see what the server answered",
    ),
    "empty file": (lambda f: images_and_labels(f, b""), "FOLDER/images: the file is empty"),
    "empty gzip": (
        lambda f: images_and_labels(f, gzip.compress(b"")),
        "FOLDER/images: the file is empty after decompression",
    ),
    "bomb": (
        lambda f: images_and_labels(f, bomb()),
        "FOLDER/images: expands to more than 256 MB, over 100 times its size, as decompression bombs do; decompress it yourself if you trust it",
    ),
    "zip of several files": (
        lambda f: images_and_labels(f, zip_of({"a": IMAGES, "b": LABELS})),
        "FOLDER/images: holds 2 files; set member to one of them: a, b",
    ),
    "no such member": (
        lambda f: images_and_labels(f, zip_of({"train-a": IMAGES, "b": b""}), images_member="train_a"),
        "FOLDER/images: has no member 'train_a'; did you mean 'train-a'? it also holds b",
    ),
    "member of a plain file": (
        lambda f: images_and_labels(f, IMAGES, images_member="train"),
        "FOLDER/images: expected a zip or tar archive with the member 'train', got another file; leave the member out",
    ),
    "csv: no label": (
        lambda f: image_csv(f, "predefined.set,z,0,1\ntrain,1,0,0\n"),
        "FOLDER/images.csv, line 1: expected the columns predefined.set, y, 0, 1, 2, …, got no column 'y'",
    ),
    "csv: pixel names": (
        lambda f: image_csv(f, "predefined.set,y,0,2\ntrain,1,0,0\n"),
        "FOLDER/images.csv, line 1: expected the columns predefined.set, y, 0, 1, 2, …, got '2' in place of '1' (column 4)",
    ),
    "csv: no pixels": (
        lambda f: image_csv(f, "predefined.set,y\ntrain,1\n"),
        "FOLDER/images.csv, line 1: expected the columns predefined.set, y, 0, 1, 2, …, got no pixels",
    ),
    "csv: no rows": (
        lambda f: image_csv(f, "predefined.set,y,0,1\n"),
        "FOLDER/images.csv: has a header line, but no rows",
    ),
    "csv: text for a pixel": (
        lambda f: image_csv(f, "predefined.set,y,0,1\ntrain,1,0,0\ntest,2,0.5,?\n"),
        "FOLDER/images.csv, row 2, column '1': expected a number, got '?'",
    ),
    "csv: missing pixel": (
        lambda f: image_csv(f, "predefined.set,y,0,1\ntrain,1,0,0\ntest,2,,1\n"),
        "FOLDER/images.csv, row 2, column '0': expected a finite number, got a missing or infinite value",
    ),
    "csv: infinite pixel": (
        lambda f: image_csv(f, "predefined.set,y,0,1\ntrain,1,0,inf\ntest,2,1,1\n"),
        "FOLDER/images.csv, row 1, column '1': expected a finite number, got a missing or infinite value",
    ),
    "csv: missing label": (
        lambda f: image_csv(f, "predefined.set,y,0,1\ntrain,1,0,1\ntest,,1,1\n"),
        "FOLDER/images.csv, row 2, column 'y': the value is missing",
    ),
    "csv: ragged": (
        lambda f: image_csv(f, "predefined.set,y,0,1\ntrain,1,0,1\ntest,1,1\n"),
        "FOLDER/images.csv, row 2: expected 4 values, as in the header, got 3: 'test,1,1'",
    ),
    "csv: parquet": (
        lambda f: image_csv(f, parquet()),
        "FOLDER/images.csv: expected delimited text, got a Parquet file",
    ),
}
DATASETS |= {
    "bytes: truncated": (
        lambda f: images_of_bytes(f, bytes(14)),
        "FOLDER/images: holds 14 bytes, not a multiple of the 5 bytes of an image (a label and 2 x 2 pixels); is the file truncated, or shape wrong?",
    ),
    "bytes: counts differ": (
        lambda f: images_of_bytes(f, bytes(12), bytes(2)),
        "FOLDER/images: holds 3 images, but FOLDER/labels holds 2 labels; expected a label for each image",
    ),
    "bytes: shape wrong": (
        lambda f: images_of_bytes(f, bytes(9), bytes(3)),
        "FOLDER/images: holds 9 bytes, not a multiple of the 4 bytes of an image (2 x 2 pixels); is the file truncated, or shape wrong?",
    ),
    "bytes: tar truncated": (
        lambda f: images_of_bytes(f, gzip.compress(tar_of({"x/a": noise(50_000)}))[:20_000], images_member="x/a"),
        "FOLDER/images: the gzip data end too early: the file is truncated",
    ),
    "bytes: no such member": (
        lambda f: images_of_bytes(
            f, gzip.compress(tar_of({"x/data_batch_1.bin": bytes(5)})), images_member="data_batch_1.bin"
        ),
        "FOLDER/images: has no member 'data_batch_1.bin'; did you mean 'x/data_batch_1.bin'?",
    ),
    "table of numbers: no label": (
        lambda f: number_table(f, "class a b\n1 2 3\n"),
        "FOLDER/rows: has no column 'y' for the label; its columns: class, a, b",
    ),
    "table of numbers: no such column number": (
        lambda f: number_table(f, "1 2 3\n", header=False, label=4),
        "FOLDER/rows: has no column '4' for the label; its columns: 1, 2, 3",
    ),
    "table of numbers: label alone": (
        lambda f: number_table(f, "row.names,y\n1,2\n"),
        "FOLDER/rows: has no features; its columns: row.names, y",
    ),
    "table of numbers: header not expected": (
        lambda f: number_table(f, "y a b\n1 2 3\n", header=False, label=1),
        "FOLDER/rows, row 1, column '2': expected a number, got 'a'",
    ),
    "table of numbers: header missing": (
        lambda f: number_table(f, "1 2 3\n4 5 6\n"),
        "FOLDER/rows, line 1: expected names of columns, got only numbers: '1, 2, 3'",
    ),
    "table of numbers: text": (
        lambda f: number_table(f, "1 2 3\n4 5 six\n", header=False, label=1),
        "FOLDER/rows, row 2, column '3': expected a number, got 'six'",
    ),
    "table of numbers: ragged": (
        lambda f: number_table(f, "1 2 3\n4 5\n", header=False, label=1),
        "FOLDER/rows, row 2: expected 3 values, as in the first line, got 2: '4 5'",
    ),
    "table of numbers: missing": (
        lambda f: number_table(f, "1,2,3\n4,,6\n", header=False, label=1),
        "FOLDER/rows, row 2, column '2': expected a finite number, got a missing or infinite value",
    ),
    "table of numbers: label missing": (
        lambda f: number_table(f, "1,2,3\n,5,6\n", header=False, label=1),
        "FOLDER/rows, row 2, column '1': the value is missing",
    ),
    "table of numbers: no rows": (
        lambda f: number_table(f, "y,a\n"),
        "FOLDER/rows: has a header line, but no rows",
    ),
    "table of numbers: empty line": (
        lambda f: number_table(f, "  \n1 2\n", header=False, label=1),
        "FOLDER/rows, line 1: expected a row, got an empty line",
    ),
    "table of numbers: not a square": (
        lambda f: number_table(f, "1 2 3\n", header=False, label=1) | {"shape": [2, 2]},
        "FOLDER/rows: expected 2 x 2 pixels, by its shape; got 2 features",
    ),
    "parts: not as many": (
        lambda f: number_table(f, "1 2\n3 4\n", "0\n", header=False, label=1),
        "FOLDER/rows: has 2 rows, but the file of their parts has 1; expected a part for each row",
    ),
    "parts: without a name": (
        lambda f: number_table(f, "1 2\n3 4\n", "0\n2\n", header=False, label=1, part_names={0: "train", 1: "test"}),
        "FOLDER/parts, row 2: expected a key of part_names (0, 1), got '2'",
    ),
    "parts: two columns": (
        lambda f: number_table(f, "1 2\n3 4\n", "0 1\n1 1\n", header=False, label=1),
        "FOLDER/parts: expected a column with the part of each row, got 2 columns",
    ),
}
TABLES: dict[str, tuple[Any, str]] = {
    "no such file": (
        lambda f: table(f, GOOD_CSV) | {"table": str(f / "mi.csv")},
        "FOLDER/mi.csv: no such file; did you mean 'my.csv'?",
    ),
    # The next three were found by test_fuzz_readers
    "Parquet with text that is not UTF-8": (
        lambda f: table(f, parquet().replace(b"cat", b"\x80at"), "my.parquet"),
        "FOLDER/my.parquet: the Parquet file is damaged or truncated (In column 0: Invalid: Invalid UTF8 sequence at string index 0)",
    ),
    "Parquet with a name that is not UTF-8": (
        lambda f: table(f, parquet().replace(b"\x18\x06region%", b"\x18\x06\x80egion%"), "my.parquet"),
        "FOLDER/my.parquet: the Parquet file is damaged or truncated ('utf-8' codec can't decode byte 0x80 in position 0: "
        "invalid start byte)",
    ),
    "zip of another version": (
        lambda f: table(f, zip_of({"a": b"x"}).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03@"), "my.csv"),
        "FOLDER/my.csv: the zip archive is damaged or truncated (zip file version 6.4)",
    ),
    "directory": (directory, "FOLDER/my.csv: expected a file, got a folder"),
    "Stata": (
        lambda f: table(f, b"<stata_dta>", "my.dta"),
        "FOLDER/my.dta: expected a .csv, .tsv, .xlsx, .xls, .ods, .parquet or .arrow file, compressed or not, got .dta",
    ),
    "pointer of Git LFS": (
        lambda f: table(f, "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n"),
        "FOLDER/my.csv: expected data, got a pointer of Git LFS in their place; git lfs pull fetches them",
    ),
    "pipe": (pipe, "FOLDER/my.csv: expected a file, got a pipe or a device"),
    "dangling link": (dangling_link, "FOLDER/my.csv: no such file; it is a link to moved.csv, which does not exist"),
    "empty": (lambda f: table(f, ""), "FOLDER/my.csv: the file is empty"),
    "empty header": (
        lambda f: table(f, "\n1,2\n"),
        "FOLDER/my.csv, line 1: expected names of columns, got an empty line",
    ),
    "line break in a name": (
        lambda f: table(f, 'region,y,"a\nb"\nN,cat,1\n'),
        "FOLDER/my.csv, line 1: the name of column 3, 'a\\nb', has a line break",
    ),
    "one endless line": (
        lambda f: table(f, "x" * 200_000),
        "FOLDER/my.csv, line 1: cannot be read as names of columns (field larger than field limit (131072))",
    ),
    "header of a carriage return": (
        lambda f: table(f, "\r\x01"),
        "FOLDER/my.csv, line 1: expected names of columns, got an empty line",
    ),
    "header only": (lambda f: table(f, "region,y,a\n"), "FOLDER/my.csv: expected rows below the header, got none"),
    "no header": (
        lambda f: table(f, "1,2,3\n4,5,6\n"),
        "FOLDER/my.csv, line 1: expected names of columns, got only numbers: '1, 2, 3'",
    ),
    "ragged row, too long": (
        lambda f: table(f, GOOD_CSV + "N,cat,1,2,3\n"),
        "FOLDER/my.csv, row 5: expected 4 values, as in the header, got 5: 'N,cat,1,2,3'",
    ),
    "ragged row, too short": (
        lambda f: table(f, LONG + "N,cat\n" + GOOD_CSV),
        "FOLDER/my.csv, row 3005: expected 4 values, as in the header, got 2: 'N,cat'",
    ),
    "duplicate columns": (
        lambda f: table(f, "region,y,a,a\nN,cat,1,2\n"),
        "FOLDER/my.csv, line 1: columns 3 and 4 are both named 'a'",
    ),
    "column without a name": (
        lambda f: table(f, '"",region,y,a\n1,N,cat,1\n'),
        "FOLDER/my.csv, line 1: column 1 has no name (row names written by R? use row.names = FALSE; by pandas? index=False), and does not count the rows; leave it out with tasks.T.exclude: [column 1]",
    ),
    "one column": (
        lambda f: table(f, "region;y;a\nN;cat;1\n", delimiter=","),
        "FOLDER/my.csv, line 1: expected several columns, got one, with semicolons in its name: 'region;y;a'; set delimiter to what separates the values",
    ),
    "not in its encoding": (
        lambda f: table(f, GOOD_CSV.replace("dog", "ch\xe4t").encode("latin-1"), encoding="ascii"),
        "FOLDER/my.csv, line 3: expected UTF-8, got the byte e4 (Latin-1, or Windows-1252?); set encoding: latin-1, or cp1252, or save the file as UTF-8",
    ),
    "sheet of no workbook": (
        lambda f: table(f, GOOD_CSV, sheet="Patients"),
        "FOLDER/my.csv: expected an Excel workbook with the sheet 'Patients', got another file",
    ),
    "thousands": (
        lambda f: table(f, 'region,y,a\nN,cat,"79,532"\nS,dog,"53,994"\n'),
        "FOLDER/my.csv, row 1, column 'a': expected a number, got '79,532'; if its commas stand between thousands, set tasks.T.thousands: \",\"; if it is a decimal comma, set tasks.T.decimal: \",\"",
    ),
    "UTF-16": (
        lambda f: table(f, GOOD_CSV.encode("utf-16")),
        "FOLDER/my.csv: expected UTF-8, got UTF-16; set encoding: utf-16, or save the file as UTF-8",
    ),
    "Latin-1": (
        lambda f: table(f, GOOD_CSV.replace("dog", "ch\xe4t").encode("latin-1")),
        "FOLDER/my.csv, line 3: expected UTF-8, got the byte e4 (Latin-1, or Windows-1252?); set encoding: latin-1, or cp1252, or save the file as UTF-8",
    ),
    "Latin-1 at the end": (
        lambda f: table(f, GOOD_CSV.encode() + b"N,cat,1,2\nN,ch\xe4"),
        "FOLDER/my.csv, line 7: expected UTF-8, got the byte e4 (Latin-1, or Windows-1252?); set encoding: latin-1, or cp1252, or save the file as UTF-8",
    ),
    "NUL": (
        lambda f: table(f, GOOD_CSV + "N,c\0t,1,2\n"),
        "FOLDER/my.csv, line 6: expected text, got a NUL byte",
    ),
    "quote not closed": (
        lambda f: table(f, GOOD_CSV + 'N,"cat,1,2\n'),
        "FOLDER/my.csv, row 5: expected 4 values, as in the header, got 2: 'N,\"cat,1,2'; is a closing quote missing?",
    ),
    "mixed column": (
        lambda f: table(f, GOOD_CSV + "S,dog,about 3,1\nS,dog,?,1\n"),
        "FOLDER/my.csv, row 5, column 'a': expected a number, as 4 of its values are, got 'about 3'; 2 values are not numbers: 'about 3' (1), '?' (1). If they mean no value, set tasks.T.missing: [\"about 3\", \"?\"]; if the column holds categories, tasks.T.categorical: [a]; or leave it out with tasks.T.exclude",
    ),
    "decimal commas": (
        lambda f: table(f, GOOD_CSV.replace(",", "\t").replace(".", ","), "my.tsv"),
        "FOLDER/my.tsv, row 1, column 'a': expected a decimal point, got '1,5'; set tasks.T.decimal: \",\" if the file has decimal commas",
    ),
    "missing values": (
        lambda f: table(f, GOOD_CSV + "S,dog,,1\nS,dog,NA,\n"),
        "FOLDER/my.csv: values are missing in 2 feature columns: a (2), b (1), first in row 5; tasks.T.impute can be mean, median, most_frequent, level or drop_rows",
    ),
    "missing text": (
        lambda f: table(f, "region,y,c\nN,a,red\nS,b,\nN,a,blue\n"),
        "FOLDER/my.csv: values are missing in 1 feature column: c (1), first in row 2; tasks.T.impute can be mean, median, most_frequent, level or drop_rows",
    ),
    "missing number beside text": (
        lambda f: table(f, "region,y,c,x\nN,a,red,1\nS,b,,\nN,a,blue,3\n", impute="level"),
        "FOLDER/my.csv: values are missing in 1 column of numbers: x (1), first in row 2; tasks.T.impute can be mean, median or most_frequent",
    ),
    "column without values": (
        lambda f: table(f, "region,y,a,b\nN,cat,1,\nS,dog,2,\n"),
        "FOLDER/my.csv, column 'b': expected values, got none in any row; leave the column out with tasks.T.exclude",
    ),
    "all rows dropped": (
        lambda f: table(f, "region,y,a,b\nN,cat,1,\nS,dog,,2\n", impute="drop_rows"),
        "tasks.T.impute: drop_rows leaves no row of FOLDER/my.csv; each of them lacks a value of a, b",
    ),
    "infinite feature": (
        lambda f: table(f, GOOD_CSV + "S,dog,-Inf,1\n"),
        "FOLDER/my.csv, row 5, column 'a': expected a finite number, got an infinite one",
    ),
    "dates": (
        lambda f: table(f, "region,y,d\nN,cat,2024-01-31\nS,dog,2024-02-01\n"),
        "tasks.T: FOLDER/my.csv has no column left for the features: d holds dates; name those that are features in tasks.T.features",
    ),
    "dates in Parquet": (
        lambda f: table(
            f, parquet_of(region=["N", "S"], y=["a", "b"], d=pd.to_datetime(["2024-01-31"] * 2)), "my.parquet"
        ),
        "tasks.T: FOLDER/my.parquet has no column left for the features: d holds dates; name those that are features in tasks.T.features",
    ),
    "lists in Parquet": (
        lambda f: table(f, parquet_of(region=["N"], y=["a"], d=[[1, 2]]), "my.parquet"),
        "FOLDER/my.parquet, column 'd': expected numbers, text, booleans or categories, got list<element: int64>",
    ),
    "too many levels": (
        lambda f: table(f, "region,y,c\n" + "".join(f"N,{k % 2}a,name{k % 1001}\n" for k in range(1002))),
        "FOLDER/my.csv, column 'c': expected at most 1000 different texts, each of which becomes a feature; leave the column out with tasks.T.exclude, or give it a role",
    ),
    "missing target": (
        lambda f: table(f, GOOD_CSV + "S,,3,1\n"),
        "FOLDER/my.csv, row 5, column 'y': the target is missing (in 1 of 5 rows); fill it in, or leave such rows out with tasks.T.where: {y: known} or tasks.T.impute: drop_rows",
    ),
    "missing subset": (
        lambda f: table(f, GOOD_CSV + "NA,dog,3,1\n"),
        "FOLDER/my.csv, row 5, column 'region': the subset is missing (in 1 of 5 rows); fill it in, or leave such rows out with tasks.T.where: {region: known} or tasks.T.impute: drop_rows",
    ),
    "missing group": (
        lambda f: table(f, GOOD_CSV + "S,dog,3,\n", group="b"),
        "FOLDER/my.csv, row 5, column 'b': the group is missing (in 1 of 5 rows); fill it in, or leave such rows out with tasks.T.where: {b: known} or tasks.T.impute: drop_rows",
    ),
    "one class": (
        lambda f: table(f, GOOD_CSV.replace("dog", "cat")),
        "FOLDER/my.csv, column 'y': expected at least two classes, got only 'cat'",
    ),
    "integer target": (
        lambda f: table(f, GOOD_CSV, target="b"),
        "FOLDER/my.csv, column 'b': the target holds whole numbers, which may be classes or amounts; set tasks.T.type to classification or regression",
    ),
    "mixed target": (
        lambda f: table(f, GOOD_CSV + "S,dog,x,1\n", target="a"),
        "FOLDER/my.csv, row 5, column 'a': expected a number, as 4 of its values are, got 'x'; 1 value is not a number: 'x' (1). If they mean no value, set tasks.T.missing: [\"x\"]; if the column holds categories, tasks.T.categorical: [a]; or leave it out with tasks.T.exclude",
    ),
    "text target of regression": (
        lambda f: table(f, GOOD_CSV, type="regression"),
        "FOLDER/my.csv, row 1, column 'y': expected a number, since tasks.T.type is regression, got 'cat'",
    ),
    "infinite target": (
        lambda f: table(f, GOOD_CSV + "S,dog,inf,1\n", target="a"),
        "FOLDER/my.csv, row 5, column 'a': expected a finite target, got an infinite one",
    ),
    "constant target": (
        lambda f: table(f, "region,y,a\nN,1.5,1\nS,1.5,2\n"),
        "FOLDER/my.csv, column 'y': expected a target that varies, got 1.5 in all rows",
    ),
    "date target": (
        lambda f: table(f, "region,y,a\nN,2024-01-01,1\nS,2024-01-02,2\n"),
        "FOLDER/my.csv, column 'y': expected classes or numbers, got dates",
    ),
    "too many classes": (
        lambda f: table(f, "region,y,a\n" + "".join(f"N,{k},1\n" for k in range(1001)), type="classification"),
        "FOLDER/my.csv, column 'y': expected at most 1000 classes, got more; if the target is an amount, set tasks.T.type to regression",
    ),
    "target not found": (
        lambda f: table(f, GOOD_CSV, target="Y"),
        "tasks.T.target: FOLDER/my.csv has no column 'Y'; did you mean 'y'?",
    ),
    "subset not found": (
        lambda f: table(f, GOOD_CSV, subset="regions"),
        "tasks.T.subset: FOLDER/my.csv has no column 'regions'; did you mean 'region'?",
    ),
    "group not found": (
        lambda f: table(f, GOOD_CSV, group="polygon"),
        "tasks.T.group: FOLDER/my.csv has no column 'polygon'; its columns: region, y, a, b",
    ),
    "stratum not found": (
        lambda f: table(f, GOOD_CSV, stratum=["y", "c"]),
        "tasks.T.stratum[1]: FOLDER/my.csv has no column 'c'; its columns: region, y, a, b",
    ),
    "two columns not found": (
        lambda f: table(f, GOOD_CSV, target="Y", features=["a", "bb"]),
        "tasks.T.target: FOLDER/my.csv has no column 'Y'; did you mean 'y'?\n"
        "soak: tasks.T.features[1]: FOLDER/my.csv has no column 'bb'; did you mean 'b'?",
    ),
    "regex that spells a name": (
        lambda f: table(f, GOOD_CSV.replace("a,b", "a (m),b"), features="a (m)|b"),
        "tasks.T.features: the regular expression 'a (m)|b' does not match a (m), since characters such as ( ) [ ] are "
        "special in it; use a list of names: ['a (m)', …]",
    ),
    "feature not found": (
        lambda f: table(f, GOOD_CSV, features=["a", "bb"]),
        "tasks.T.features[1]: FOLDER/my.csv has no column 'bb'; did you mean 'b'?",
    ),
    "regex matches nothing": (
        lambda f: table(f, GOOD_CSV, features="^SAMPLE"),
        "tasks.T.features: '^SAMPLE' matches no column of FOLDER/my.csv; its columns without a role: a, b",
    ),
    "regex matches roles only": (
        lambda f: table(f, GOOD_CSV, features="^reg"),
        "tasks.T.features: '^reg' matches only columns of FOLDER/my.csv that have another role (region); its columns without a role: a, b",
    ),
    "no features left": (
        lambda f: table(f, "region,y\nN,cat\nS,dog\n"),
        "tasks.T: FOLDER/my.csv has no column left for the features; its columns: region, y",
    ),
    "folds of text": (
        lambda f: table(f, GOOD_CSV, fold="region", subset=None),
        "FOLDER/my.csv, column 'region': expected folds 1, 2, …, got 'N'",
    ),
    "folds from 0": (
        lambda f: table(f, GOOD_CSV.replace(",2\n", ",0\n"), fold="b"),
        "FOLDER/my.csv, column 'b': expected folds 1, 2, …, got 0 to 5",
    ),
    "one fold": (
        lambda f: table(f, "f,y,a\n1,cat,1\n1,dog,2\n", fold="f", subset=None),
        "FOLDER/my.csv, column 'f': expected at least two folds, got only fold 1",
    ),
    "negative weight": (
        lambda f: table(f, GOOD_CSV.replace(",5\n", ",-5\n"), weights="b"),
        "FOLDER/my.csv, column 'b': expected finite weights of at least 0, got -5 to 4",
    ),
    "weights of text": (
        lambda f: table(f, GOOD_CSV, weights="region", subset=None),
        "FOLDER/my.csv, column 'region': expected finite weights of at least 0, got 'N'",
    ),
    "weights of zero": (
        lambda f: table(f, "w,y,a\n0,cat,1\n0,dog,2\n", weights="w", subset=None),
        "FOLDER/my.csv, column 'w': expected weights above 0, got only 0",
    ),
    "two features of one name": (
        lambda f: table(f, "y,c,c=x\na,x,1\nb,z,2\n", subset=None),
        "FOLDER/my.csv: two features would be named 'c=x'; rename a column",
    ),
    "Parquet cut in half": (
        lambda f: table(f, parquet()[: len(parquet()) // 2], "my.parquet"),
        "FOLDER/my.parquet: the Parquet file is damaged or truncated (Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file.)",
    ),
    "Arrow cut in half": (
        lambda f: table(f, arrow()[: len(arrow()) // 2], "my.arrow"),
        "FOLDER/my.arrow: the Arrow file is damaged or truncated (Not an Arrow file)",
    ),
    "csv named Parquet": (
        lambda f: table(f, GOOD_CSV, "my.parquet"),
        "FOLDER/my.parquet: expected Parquet data, got a file that begins with the bytes 72 65 67 69 6f 6e 2c 79",
    ),
    "Excel": (
        lambda f: table(f, zip_of({"[Content_Types].xml": b"", "xl/a": b""}), "my.xlsx"),
        "FOLDER/my.xlsx: the workbook is damaged, or has a password (Cannot detect file format)",
    ),
    "Excel named csv": (
        lambda f: table(f, zip_of({"[Content_Types].xml": b"", "xl/a": b""}), "my.csv"),
        "FOLDER/my.csv: the workbook is damaged, or has a password (Cannot detect file format)",
    ),
    "HTML table": (
        lambda f: table(f, "<html><body>Not found</body></html>"),
        "FOLDER/my.csv: expected data, got an HTML page; open it in a browser to see what the server answered",
    ),
    "gzip truncated": (
        lambda f: table(f, gzip.compress(LONG.encode())[:-2000], "my.csv.gz"),
        "FOLDER/my.csv.gz: the gzip data end too early: the file is truncated",
    ),
}
