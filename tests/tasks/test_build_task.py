"""Tasks from tables and from data sets."""

import gzip
import io
import lzma
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_diabetes

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.tasks.build import build_task
from soak.tasks.preparation import Incomplete
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Note, Task

PEOPLE = pd.DataFrame(
    {
        "region": ["N", "S", "N", "S", "N"],
        "y": ["cat", "dog", "dog", "cat", "cow"],
        "height": [1.5, 2.25, 0.5, np.nan, 3.0],
        "colour": ["red", "blue", "red", "green", "blue"],
        "smokes": [True, False, True, True, False],
        "age": [7, 7, 7, 7, 7],
    }
)


def build(folder, content, name="my.csv", **settings):
    """The task of a table given as a frame, text or bytes."""
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = TaskSettings(table=str(path), target=settings.pop("target", "y"), **settings)
    build_task("T", settings, path, folder / "T.arrow")
    return Task.open(folder / "T.arrow")


def test_roles_and_features(tmp_path):
    task = build(tmp_path, PEOPLE.dropna(), subset="region", stratum=["y", "region"])
    assert task.type == "classification"
    assert task.classes == ("cat", "cow", "dog")
    assert task.target.tolist() == [0, 2, 2, 1]
    assert task.subset.tolist() == ["N", "S", "N", "N"]
    assert {name: values.tolist() for name, values in task.strata.items()} == {
        "y": ["cat", "dog", "dog", "cow"],
        "region": ["N", "S", "N", "N"],
    }
    assert task.feature_names == ("height", "colour=blue", "colour=red", "smokes", "age")
    assert task.features.tolist() == [[1.5, 0, 1, 1, 7], [2.25, 1, 0, 0, 7], [0.5, 0, 1, 1, 7], [3, 1, 0, 0, 7]]
    assert (task.features.dtype, task.scale) == (np.float32, 1.0)
    assert (task.group, task.fold, task.weights) == (None, None, None)


def test_rows_with_the_same_text_share_it(tmp_path):
    task = build(tmp_path, PEOPLE.dropna(), subset="region", stratum=["y"])
    for texts in (task.subset, task.strata["y"]):
        assert len({id(text) for text in texts}) == len(set(texts)) < len(texts)


@pytest.mark.parametrize("impute", ["none", "mean", "median", "most_frequent"])
def test_missing_numbers_stay_missing_in_the_task(tmp_path, impute):
    task = build(tmp_path, PEOPLE, subset="region", impute=impute)
    np.testing.assert_array_equal(task.features[:, 0], [1.5, 2.25, 0.5, np.nan, 3.0])
    assert task.incomplete == Incomplete(impute, (0,))
    (note,) = [note for note in task.notes if note.kind == "imputed"]
    assert note.column == "height"
    assert note.text.startswith("1 of 5 values are missing: ")


@pytest.mark.parametrize("impute", ["mean", "median", "level"])
def test_missing_text_is_a_category_of_its_own(tmp_path, impute):
    table = PEOPLE.assign(height=1.5, colour=["red", None, "red", None, "blue"])
    task = build(tmp_path, table, subset="region", impute=impute)
    assert task.feature_names == ("height", "colour=blue", "colour=red", "colour=(missing)", "smokes", "age")
    assert task.features[:, 1:4].tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert task.incomplete is None


@pytest.mark.parametrize("impute", ["most_frequent", "none"])
def test_missing_text_stays_missing(tmp_path, impute):
    table = PEOPLE.assign(colour=["red", None, "red", None, "blue"])
    task = build(tmp_path, table, subset="region", impute=impute)
    assert task.incomplete == Incomplete(impute, (0, 1, 2), ((1, 3),))
    np.testing.assert_array_equal(task.features[:, 1:3], [[0, 1], [np.nan] * 2, [0, 1], [np.nan] * 2, [1, 0]])


def test_all_that_keeps_a_table_from_being_a_task_is_said_at_once(tmp_path):
    """A column with two roles is named once, and the type of the target does not wait for the missing values."""
    text = "y,region,x\n1,N,3\n2,,\n3,N,1\n4,S,2\n"
    with pytest.raises(SoakError) as caught:
        build(tmp_path, text, subset="region", stratum=["region"])
    subset, of_type, features = caught.value.args
    assert "column 'region': the subset is missing (in 1 of 4 rows)" in subset
    assert "the target holds whole numbers, which may be classes or amounts" in of_type
    assert "values are missing in 1 feature column: x (1)" in features


def test_small_whole_numbers_need_a_type_that_knows_missing(tmp_path):
    text = "y,x\na,1\nb,\na,3\n"
    assert build(tmp_path, text, impute="median").features.dtype == np.float32
    assert build(tmp_path, text.replace("b,", "b,2"), impute="median").features.dtype == np.uint8


@pytest.mark.parametrize(
    ("impute", "message"),
    [
        (
            "error",
            "values are missing in 2 feature columns: height (1), colour (1), first in row 4; tasks.T.impute can be mean, "
            "median, most_frequent, level or drop_rows",
        ),
        (
            "level",
            "values are missing in 1 column of numbers: height (1), first in row 4; tasks.T.impute can be mean, median or "
            "most_frequent",
        ),
    ],
)
def test_missing_values_that_nothing_completes(tmp_path, impute, message):
    with pytest.raises(SoakError, match=re.escape(message)):
        build(tmp_path, PEOPLE.assign(colour=["red", None, "red", "red", "blue"]), impute=impute)


def test_rows_that_lack_anything_are_dropped(tmp_path):
    table = PEOPLE.assign(y=["cat", "dog", "cow", "cat", None], region=["N", None, "N", "S", "N"])
    with pytest.raises(SoakError, match="missing"):
        build(tmp_path, table, subset="region", impute="mean")
    task = build(tmp_path, table, subset="region", impute="drop_rows")
    assert task.features[:, 0].tolist() == [1.5, 0.5]
    assert task.incomplete is None
    dropped = {note.column: note.text for note in task.notes if note.kind == "dropped"}
    assert dropped.keys() == {"y", "region", "height"}


def as_parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def as_feather(frame):
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_feather(buffer)
    return buffer.getvalue()


def as_categories(frame):
    return as_parquet(frame.astype({"region": "category", "colour": "category", "y": "category"}))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", lambda frame: frame.to_csv(index=False).encode()),
        ("a.CSV", lambda frame: frame.to_csv(index=False, lineterminator="\r\n").encode()),
        ("a.csv", lambda frame: frame.to_csv(index=False, quoting=1).encode()),
        ("a.csv", lambda frame: ("\ufeff" + frame.to_csv(index=False)).encode()),
        ("a.csv", lambda frame: frame.to_csv(index=False, na_rep="NA").encode()[:-1]),
        ("a.csv", lambda frame: frame.to_csv(index=False, na_rep="  ").encode()),
        ("a.tsv", lambda frame: frame.to_csv(index=False, sep="\t").encode()),
        ("a.tsv.gz", lambda frame: gzip.compress(frame.to_csv(index=False, sep="\t").encode())),
        ("a.csv.xz", lambda frame: lzma.compress(frame.to_csv(index=False).encode())),
        ("a.csv.zst", lambda frame: pa.compress(frame.to_csv(index=False).encode(), "zstd", asbytes=True)),
        ("a.parquet", as_parquet),
        ("a.parquet", as_categories),
        ("a.parquet.gz", lambda frame: gzip.compress(as_parquet(frame))),
        ("a.feather", as_feather),
        ("table", as_feather),
    ],
)
def test_the_same_task_from_each_kind_of_file(tmp_path, name, write):
    settings = {"subset": "region", "impute": "mean", "stratum": "y"}
    expected = build(tmp_path, PEOPLE, **settings)
    task = build(tmp_path, write(PEOPLE), name, **settings)
    assert np.array_equal(task.features, expected.features, equal_nan=True)
    assert task.incomplete == expected.incomplete
    assert task.feature_names == expected.feature_names
    assert task.target.tolist() == expected.target.tolist()
    assert task.subset.tolist() == expected.subset.tolist()


def test_the_builtin_table(tmp_path):
    settings = TaskSettings(table="builtin:diabetes", target="y", subset="sex")
    build_task("D", settings, None, tmp_path / "D.arrow")
    task = Task.open(tmp_path / "D.arrow")
    source = load_diabetes(scaled=False)
    assert task.type == "regression"
    assert task.target.tolist() == source.target.tolist()
    assert task.feature_names == ("age", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    assert np.array_equal(task.features, np.delete(source.data, 1, axis=1))
    assert (task.subset == "sex1").tolist() == (source.data[:, 1] == 1).tolist()


def test_features_by_regex_in_table_order_and_by_list_in_its_order(tmp_path):
    text = "y,SAMPLE_b,SAMPLE_a,other,SAMPLE_y\na,1,2,3,4\nb,5,6,7,8\n"
    assert build(tmp_path, text, features="^SAMPLE").feature_names == ("SAMPLE_b", "SAMPLE_a", "SAMPLE_y")
    assert build(tmp_path, text, features=["other", "SAMPLE_a"]).features.tolist() == [[3, 2], [7, 6]]
    assert build(tmp_path, text, features="b$|^o", group="other").feature_names == ("SAMPLE_b",)


def test_columns_with_a_role_are_not_features(tmp_path):
    text = "y,s,g,f,w,k,x\na,N,1,1,0.5,u,9\nb,S,2,2,2,v,8\n"
    task = build(tmp_path, text, subset="s", group="g", fold="f", weights="w", stratum=["k"])
    assert task.feature_names == ("x",)
    assert task.group.tolist() == ["1", "2"]
    assert task.fold.tolist() == [1, 2]
    assert task.fold.dtype == np.int64
    assert task.weights.tolist() == [0.5, 2.0]
    assert task.strata["k"].tolist() == ["u", "v"]


def test_without_a_subset_column_all_rows_are_the_subset_full_as_in_r(tmp_path):
    task = build(tmp_path, "y,x\na,1\nb,2\n")
    assert task.subset.tolist() == ["full", "full"]
    assert task.subsets == ("full",)
    assert task.strata == {}


def test_a_stratum_of_decimals_is_noted(tmp_path):
    task = build(tmp_path, "y,x,z\na,1,0.50\nb,2,0.5\nb,3,1.25\n", stratum=["z"], features=["x"])
    assert task.strata["z"].tolist() == ["0.5", "0.5", "1.25"]
    text = "stratum z holds numbers with decimals, each of which is a stratum of its own"
    assert Note("folds", "z", text) in task.notes


@pytest.mark.parametrize(
    ("values", "given", "type_", "classes", "target"),
    [
        ("1.5 2 10", None, "regression", (), [1.5, 2, 10]),
        ("1 2 10", "regression", "regression", (), [1, 2, 10]),
        ("10 2 1", "classification", "classification", ("1", "2", "10"), [2, 1, 0]),
        ("1.5 2 10", "classification", "classification", ("1.5", "2", "10"), [0, 1, 2]),
        ("TRUE FALSE TRUE", None, "classification", ("FALSE", "TRUE"), [1, 0, 1]),
        ("b B a", None, "classification", ("B", "a", "b"), [2, 0, 1]),
        ("10 2 x", "classification", "classification", ("10", "2", "x"), [0, 1, 2]),
    ],
)
def test_type_of_the_target(tmp_path, values, given, type_, classes, target):
    rows = "".join(f"{value},{k}\n" for k, value in enumerate(values.split()))
    task = build(tmp_path, "y,x\n" + rows, type=given)
    assert (task.type, task.classes, task.target.tolist()) == (type_, classes, target)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ("0 255 3", np.uint8),
        ("0 256 3", np.float32),
        ("-1 2 3", np.float32),
        ("0.5 2 3", np.float32),
        ("0.1 2 3", np.float64),
        ("16777217 2 3", np.float64),
        ("1e300 2 3", np.float64),
        ("true false true", np.uint8),
        ("+1 .5 1e-2", np.float64),
    ],
)
def test_smallest_exact_dtype(tmp_path, values, dtype):
    values = values.split()
    text = "y,x\n" + "".join(f"{'ab'[k % 2]},{value}\n" for k, value in enumerate(values))
    task = build(tmp_path, text)
    assert task.features.dtype == dtype
    expected = [float(value == "true") if value in ("true", "false") else float(value) for value in values]
    assert task.features[:, 0].tolist() == expected


def test_spaces_around_values_do_not_count(tmp_path):
    task = build(tmp_path, "y,s,x\na , N, 1\na, N ,2 \nb,S,3\n", subset="s")
    assert task.classes == ("a", "b")
    assert task.subset.tolist() == ["N", "N", "S"]
    assert task.features.tolist() == [[1], [2], [3]]


def test_newlines_and_quotes_in_values(tmp_path):
    task = build(tmp_path, 'y,s,x\na,"two\nlines, ""quoted""",1\nb,S,2\n', subset="s")
    assert task.subset.tolist() == ['two\nlines, "quoted"', "S"]


def test_groups_are_text_as_written(tmp_path):
    task = build(tmp_path, "y,g,x\na,007,1\nb,7,2\na,7.0,3\n", group="g")
    assert task.group.tolist() == ["007", "7", "7.0"]


def test_table_of_many_blocks(tmp_path):
    """The type of a column shows in its last row only, and texts come first in later blocks."""
    n = 120_000
    frame = pd.DataFrame(
        {
            "y": np.where(np.arange(n) % 3 == 0, "a", "b"),
            "s": np.where(np.arange(n) < n // 2, "first", "second"),
            "x": np.r_[np.arange(n - 1) % 200, 0.1],
            "filler": ["0123456789" * 10] * n,
            "c": np.where(np.arange(n) < n - 1, "u", "v"),
        }
    )
    text = frame.to_csv(index=False)
    assert len(text) > 3 * 2**20  # blocks of a CSV file have one megabyte
    task = build(tmp_path, text, subset="s", features=["x", "c"])
    assert task.features.dtype == np.float64
    assert np.array_equal(task.features[:, 0], frame["x"])
    assert task.features[-1].tolist() == [0.1, 0, 1]
    assert np.array_equal(task.subset, frame["s"])
    assert np.array_equal(task.target, (frame["y"] == "b").astype(int))


def test_the_same_table_gives_the_same_bytes(tmp_path):
    settings = TaskSettings(table="builtin:diabetes", target="y", subset="sex")
    for name in ("first", "second"):
        build_task("T", settings, None, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.fixture
def datasets(tmp_path):
    paths = {}
    for name in ("digits", "font_letters"):
        paths[name] = tmp_path / f"{name}.arrow"
        decode(name, dataset({"builtin": name}), {}, paths[name])
    return paths


def test_stacked_data_sets(tmp_path, datasets):
    settings = TaskSettings(datasets=["font_letters", "digits"])
    build_task("T", settings, datasets, tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    letters, digits = Dataset.open(datasets["font_letters"]), Dataset.open(datasets["digits"])
    assert np.array_equal(task.features, np.vstack([letters.features, digits.features]))
    assert (task.features.dtype, task.scale, task.image_shape) == (np.uint8, 16.0, (8, 8))
    assert task.subset.tolist() == ["font_letters"] * 1800 + ["digits"] * 1797
    assert task.classes == tuple("0123456789")
    assert task.target.tolist() == [*letters.label, *digits.label]
    assert list(task.strata) == ["label"]


def small(folder, name, **attributes):
    values = {"features": np.array([[0, 255]], dtype=np.uint8), "scale": 255.0, "label": np.array([1])} | attributes
    Dataset(name, image_shape=None, **values).write(folder / f"{name}.arrow")
    return folder / f"{name}.arrow"


def test_parts_are_subsets(tmp_path):
    features = np.array([[0, 1], [2, 3], [4, 5]], dtype=np.uint8)
    part = np.array(["train", "test", "train"])
    paths = {"A": small(tmp_path, "A", features=features, label=np.array([1, 2, 10]), part=part)}
    build_task("T", TaskSettings(datasets=["A"], subset="part"), paths, tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    assert task.subset.tolist() == ["train", "test", "train"]
    assert task.classes == ("1", "2", "10")
    assert np.array_equal(task.features, features)


def test_data_sets_of_different_scales_are_stacked_as_intensities(tmp_path):
    paths = {
        "A": small(tmp_path, "A"),
        "B": small(tmp_path, "B", features=np.array([[4, 16]], dtype=np.uint8), scale=16.0, label=np.array(["x"])),
    }
    build_task("T", TaskSettings(datasets=["A", "B"]), paths, tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    assert task.features.tolist() == [[0, 1], [0.25, 1]]
    assert (task.scale, task.classes) == (1.0, ("1", "x"))


def test_the_positive_class_is_found_by_value(tmp_path):
    task = build(tmp_path, "y,x\n0,1\n1,2\n0,3\n", type="classification")
    assert [task.positive_code(label) for label in (None, 0, 1, "1", 1.0)] == [0, 0, 1, 1, 1]
    with pytest.raises(SoakError, match=r"^tasks\.T\.positive: there is no class '2'; allowed: 0, 1$"):
        task.positive_code(2)
    three = build(tmp_path, "y,x\na,1\nb,2\nc,3\n")
    with pytest.raises(SoakError, match="expected a task with two classes, got one with 3 classes"):
        three.positive_code("a")
