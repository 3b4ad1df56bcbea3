"""Any bytes at all: the readers give rows or a message of one line, never a traceback.

A small number of inputs by default; SOAK_STRESS=1 tries 10,000 for each reader.
"""

import gzip
import os
import random
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bad_files import GOOD_CSV, IMAGES, arrow, idx, parquet, tar_of, zip_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.data.formats.idx import read_idx
from soak.errors import SoakError
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

STRESS = os.environ.get("SOAK_STRESS") == "1"
FUZZ = settings(
    max_examples=10_000 if STRESS else 100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def folder():
    """In memory where that is to be had: thousands of files are written."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


def check_one_line(error):
    text = str(error.value if hasattr(error, "value") else error)
    assert text
    assert all(line.startswith("soak: ") for line in text.split("\n")[1:])
    assert "Traceback" not in text


def mutated(seed_files):
    """A good file with bytes changed, cut out, put in, or cut off; or bytes from nowhere."""

    @st.composite
    def mutate(draw):
        data = bytearray(draw(st.sampled_from(seed_files)))
        for _ in range(draw(st.integers(0, 4))):
            place = draw(st.integers(0, len(data)))
            action = draw(st.sampled_from(["change", "cut", "insert", "end"]))
            if action == "change" and place < len(data):
                data[place] = draw(st.integers(0, 255))
            elif action == "cut":
                del data[place : place + draw(st.integers(1, 20))]
            elif action == "insert":
                data[place:place] = draw(st.binary(max_size=20))
            elif action == "end":
                del data[place:]
        return bytes(data)

    return st.one_of(mutate(), st.binary(max_size=200))


def compressed(seed_files):
    more = [pa.compress(data, "zstd", asbytes=True) for data in seed_files]
    return [*seed_files, *map(gzip.compress, seed_files), *more, *(zip_of({"a": data}) for data in seed_files)]


IDX_SEEDS = compressed([IMAGES, idx((2,), b"\0\1"), idx((2, 2), np.arange(4, dtype=">f8").tobytes(), 0x0E)])


@FUZZ
@given(data=mutated(IDX_SEEDS))
def test_idx(folder, data):
    (folder / "a").write_bytes(data)
    try:
        items = read_idx(folder / "a", "a")
    except SoakError as error:
        check_one_line(error)
    else:
        assert 1 <= items.ndim <= 4
        assert items.size > 0


def check_decoded(settings, raw, folder):
    """Raw files become a whole data set, or are refused in one line."""
    try:
        decode("D", settings, raw, folder / "D.arrow")
    except SoakError as error:
        check_one_line(error)
    else:
        decoded = Dataset.open(folder / "D.arrow")
        assert len(decoded.features) == len(decoded.label) > 0
        assert np.isfinite(decoded.features).all()


IMAGE_CSV = b'predefined.set,y,0,1,2\ntrain,1,0,0.5,1\n"test",2,0.1,1e-3,0\ntest,3,0.00392156862745098,1,0\n'


@FUZZ
@given(data=mutated(compressed([IMAGE_CSV])))
def test_published_csv(folder, data):
    (folder / "a.csv").write_bytes(data)
    check_decoded(dataset({"csv": "a.csv"}), {"csv": folder / "a.csv"}, folder)


NUMBERS = [b"1 0.5 2 \n2 1e-3 3\n", b"1,0.5,2\n2,1.5,3\n", b"1\t0.5\t2\n2\t1.5\t3", b'"1" -2 +3\n\n']


@FUZZ
@given(data=mutated(compressed(NUMBERS)), parts=st.one_of(st.none(), mutated([b"0\n1\n", b"1\n"])))
def test_table_of_numbers(folder, data, parts):
    (folder / "a").write_bytes(data)
    (folder / "b").write_bytes(parts or b"")
    entry = {"table": "a", "header": False, "label": 1} | ({} if parts is None else {"parts": "b"})
    raw = {"table_1": folder / "a", "parts_1": folder / "b"}
    check_decoded(dataset({"tables": [entry]}), raw, folder)


@FUZZ
@given(data=mutated([*compressed([bytes(range(15))]), tar_of({"a": bytes(10)})]), member=st.sampled_from([None, "a"]))
def test_bytes(folder, data, member):
    (folder / "a").write_bytes(data)
    made = dataset({"binary": [{"images": "a", "images_member": member}], "shape": [2, 2]})
    check_decoded(made, {"images_1": folder / "a"}, folder)


TABLE_SEEDS = [GOOD_CSV.encode(), GOOD_CSV.replace("cat", '"ca,t"').encode(), GOOD_CSV.replace("1.5", "NA").encode()]


@FUZZ
@given(
    data=mutated([*compressed(TABLE_SEEDS), parquet(), arrow()]), impute=st.sampled_from(["error", "mean", "drop_rows"])
)
def test_table(folder, data, impute):
    (folder / "a.csv").write_bytes(data)
    roles = TaskSettings(table="a.csv", target="y", subset="region", stratum=["y"], impute=impute)
    try:
        build_task("T", roles, folder / "a.csv", folder / "T.arrow")
    except SoakError as error:
        check_one_line(error)
    else:
        check_task(Task.open(folder / "T.arrow"))


CELLS = st.one_of(
    st.sampled_from(
        ["", "NA", "1", "-2.5", "1e400", "inf", "true", "x", "2024-01-01", '"', "1,5", " ", "\t", "é", "+3"]
    ),
    st.text(max_size=5),
    st.integers().map(str),
    st.floats().map(repr),
)


@FUZZ
@given(
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=12),
    type_=st.sampled_from([None, "classification", "regression"]),
    impute=st.sampled_from(["error", "median", "drop_rows"]),
)
def test_cells(folder, rows, type_, impute):
    """Tables of the right shape with anything in them."""
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    (folder / "a.csv").write_bytes("\n".join(["y,region,a,b", *quoted]).encode("utf-8", errors="surrogatepass"))
    roles = TaskSettings(table="a.csv", target="y", subset="region", type=type_, impute=impute)
    try:
        build_task("T", roles, folder / "a.csv", folder / "T.arrow")
    except SoakError as error:
        check_one_line(error)
    else:
        check_task(Task.open(folder / "T.arrow"))


def check_task(task):
    assert len(task.features) == len(task.target) == len(task.subset) > 0
    assert not np.isinf(task.features).any()  # missing numbers stay missing until a fit fills them in
    assert np.isfinite(task.target).all()
    assert task.type == "regression" or (task.target.min() >= 0 and task.target.max() < len(task.classes))
    assert all(isinstance(value, str) for value in task.subset)


def test_damage_anywhere_in_a_compressed_file(folder):
    """Each single byte of a gzip changed, in turn: reported, or without effect (the header holds a time and a name)."""
    chance = random.Random(1)
    data = gzip.compress(idx((40, 5), bytes(chance.randrange(256) for _ in range(200))), mtime=0)
    good = read_bytes(folder, data)
    reported = 0
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ (1 + chance.randrange(255))]) + data[place + 1 :]
        try:
            assert np.array_equal(read_bytes(folder, changed), good)
        except SoakError as error:
            check_one_line(error)
            reported += 1
    assert reported > 200


def read_bytes(folder, data):
    (folder / "a").write_bytes(data)
    return read_idx(folder / "a", "a")
