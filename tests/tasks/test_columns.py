"""What columns are: compared by value, left out, refused; tables as people have them."""

import io
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soak.errors import SoakError
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import count_rows, split_task
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

N = 12


def build(folder, content, name="my.csv", **settings):
    """The task of a table given as a frame, text or bytes."""
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = TaskSettings(table=str(path), target=settings.pop("target", "y"), **settings)
    build_task("T", settings, path, folder / "T.arrow")
    return Task.open(folder / "T.arrow")


def message(folder, content, name="my.csv", **settings):
    with pytest.raises(SoakError) as caught:
        build(folder, content, name, **settings)
    return str(caught.value).replace(f"{folder}/", "")


def notes(task, kind):
    return {note.column: note.text for note in task.notes if note.kind == kind}


def column(*values):
    """A table with a column s of these values, over and over, and a target of two classes."""
    rows = [f"{values[k % len(values)]},{'ab'[k % 2]},{k % 5}" for k in range(4 * len(values))]
    return "s,y,x\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("values", "subsets"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1", "1.0", "+1", "1e0", "2.50"], ("1", "2.5")),
        (["1", "2", "007"], ("007", "1", "2")),
        (["TRUE", "true", "False", "FALSE"], ("FALSE", "TRUE")),
        (["N", " N ", "\u00a0N\u2003", "S"], ("N", "S")),
        (["caf\u00e9", "cafe\u0301"], ("caf\u00e9",)),
        (["10", "9", "x"], ("10", "9", "x")),
        (["0.1", "0.10", "1e-1", ".1"], ("0.1",)),
        (["12345678901234567890", "12345678901234567891"], ("12345678901234567890", "12345678901234567891")),
    ],
)
def test_a_role_is_compared_by_value(tmp_path, values, subsets):
    task = build(tmp_path, column(*values), subset="s")
    assert task.subsets == subsets
    assert set(task.subset) == set(subsets)


@pytest.mark.parametrize("role", ["group", "stratum"])
def test_groups_and_strata_are_compared_by_value(tmp_path, role):
    task = build(tmp_path, column("1", "1.0", "2"), **{role: "s"})
    values = task.group if role == "group" else task.strata["s"]
    assert set(values) == {"1", "2"}


def test_classes_are_compared_by_value(tmp_path):
    task = build(tmp_path, "y,x\n1,5\n1.0,6\n0,7\n0.0,8\n", type="classification")
    assert (task.classes, task.target.tolist()) == (("0", "1"), [1, 1, 0, 0])


def test_numbers_with_a_fraction_of_zero_are_folds(tmp_path):
    task = build(tmp_path, column("1.0", "2.0", "3"), fold="s")
    assert set(task.fold) == {1, 2, 3}


def as_parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def test_declared_categories_keep_their_order(tmp_path):
    size = pd.Categorical(["mid", "low", "high"] * N, categories=["low", "mid", "high"])
    code = pd.Categorical([10, 9, 10, 9] * (3 * N // 4))
    frame = pd.DataFrame({"s": size, "y": code, "x": np.arange(3 * N) % 7})
    task = build(tmp_path, as_parquet(frame), "my.parquet", subset="s")
    assert task.subsets == ("low", "mid", "high")
    assert (task.type, task.classes) == ("classification", ("9", "10"))
    splits = split_task(task, ResamplingSettings(folds=2), 1).table
    assert list(dict.fromkeys(splits["test_subset"])) == ["low", "mid", "high"]


def test_whole_numbers_sort_as_numbers_in_splits_and_counts(tmp_path):
    task = build(tmp_path, column("2", "10", "1"), subset="s", stratum="y")
    instance = split_task(task, ResamplingSettings(folds=2), 1)
    assert list(dict.fromkeys(instance.table["test_subset"])) == ["1", "2", "10"]
    folds = pd.DataFrame({"subset": task.subset, "fold": instance.folds})
    assert list(dict.fromkeys(count_rows(task, folds)["subset"])) == ["1", "2", "10"]


@pytest.mark.parametrize(
    "metadata",
    [b"{", b"\xfe", b"[1]", b'{"columns": [1]}', b'{"columns": 1}', b'{"columns": [{"pandas_type": "categorical"}]}'],
)
def test_damaged_metadata_of_pandas(tmp_path, metadata):
    table = pa.table({"y": ["a", "b"], "x": [1.0, 2.0]}).replace_schema_metadata({b"pandas": metadata})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    told = message(tmp_path, sink.getvalue(), "my.parquet")
    assert told.endswith("my.parquet: what pandas wrote into it about its columns is damaged; write the file again")


def people(**columns):
    values = {"y": ["a", "b"] * (N // 2), "x": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]} | columns
    return pd.DataFrame(values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (range(1, N + 1), "counts the rows"),
        (range(1000, 1000 + N), "counts the rows"),
        ([f"name {k}" for k in range(N)], "holds text that differs in every row"),
        ([f"0{7 * k:05}" for k in range(N)], "holds text that differs in every row"),
        ([f"2024-01-{1 + k % 3:02}" for k in range(N)], "holds dates"),
        ([f"{1 + k % 3}.12.2024" for k in range(N)], "holds dates"),
    ],
)
def test_columns_that_are_left_out_unless_they_are_named(tmp_path, values, reason):
    frame = people(c=values)
    task = build(tmp_path, frame)
    assert task.feature_names == ("x",)
    assert notes(task, "left_out") == {"c": reason}
    assert build(tmp_path, frame, features=["c"]).features.shape[1] >= 1
    assert build(tmp_path, frame, features="^c").features.shape[1] >= 1
    assert build(tmp_path, frame, features=["c", "x"], exclude="c").feature_names == ("x",)


@pytest.mark.parametrize(
    ("values", "days"),
    [
        (["1970-01-02", "1969-12-31"], [1, -1]),
        (["2000-01-01T12:00", "2000-01-01 00:00:00"], [10957.5, 10957]),
        (["31/01/2000", "01/02/2000"], [10987, 10988]),
        (["01/31/2000", "02/01/2000"], [10987, 10988]),
        (["31.1.2000", "1.2.2000"], [10987, 10988]),
    ],
)
def test_a_named_date_becomes_days_since_1970(tmp_path, values, days):
    task = build(tmp_path, people(d=values * (N // 2)), features=["d"])
    assert task.features[:2, 0].tolist() == days


def test_a_date_that_begins_with_day_or_month_is_an_error(tmp_path):
    text = message(tmp_path, people(d=["01/02/2000", "02/03/2000"] * (N // 2)), features=["d"])
    assert text == (
        "my.csv, column 'd': expected dates as YYYY-MM-DD, got '01/02/2000', which may begin with the day or the month"
    )


def test_counters_count_before_where(tmp_path):
    half = {"half": [k % 2 for k in range(N)], "y": ["a", "a", "b", "b"] * (N // 4)}
    task = build(tmp_path, people(n=range(N), **half), where={"half": 0}, exclude="half")
    assert task.feature_names == ("x",)
    twice = people(n=[k // 2 for k in range(N)], **half)  # counts the rows that are kept
    assert build(tmp_path, twice, where={"half": 0}, exclude="half").feature_names == ("x", "n")


def test_constant_columns_are_reported_and_stay(tmp_path):
    task = build(tmp_path, people(c=[7] * N))
    assert task.feature_names == ("x", "c")
    assert notes(task, "constant") == {"c": "7 in all rows"}


def test_a_constant_column_may_have_missing_numbers(tmp_path):
    task = build(tmp_path, people(c=["7", "NAN"] * (N // 2)), impute="mean")
    assert notes(task, "constant") == {"c": "7 in all rows"}


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"x": ">= 5"}, [4, 5, 7, 8, 10, 11]),
        ({"x": "< 2"}, [1, 3]),
        ({"x": 5}, [4, 8, 10]),
        ({"x": 5.0}, [4, 8, 10]),
        ({"x": [1, "9"]}, [1, 3, 5]),
        ({"x": "!= 5", "y": "a"}, [0, 2, 6]),
        ({"t": True}, [0, 3, 6, 9]),
        ({"z": "known"}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"z": "missing"}, [10, 11]),
        ({"d": "> 2024-01-02"}, [2, 5, 8, 11]),
    ],
)
def test_where(tmp_path, where, rows):
    frame = people(
        t=["TRUE", "false", "FALSE"] * (N // 3),
        z=[*range(5, N + 3), None, None],
        d=["2024-01-01", "2024-01-02", "2024-01-03"] * (N // 3),
    )
    frame["value"] = np.arange(N) / 7
    task = build(tmp_path, frame, target="value", where=where, features=["x"])
    assert task.row.tolist() == rows
    assert sum(task.rows_read.values()) == N
    assert len(task.target) == len(rows)


@pytest.mark.parametrize("limit", ["soon", "2020", "13.13.2020", "2020-02-30", "01/02/2020"])
def test_a_limit_that_is_no_date(tmp_path, limit):
    for name in ("my.csv", "my.parquet"):
        frame = people(d=pd.to_datetime(["2020-01-01", "2020-03-01"] * (N // 2)))
        text = message(tmp_path, as_parquet(frame) if name == "my.parquet" else frame, name, where={"d": f">= {limit}"})
        assert text == f"{name}, column 'd': expected a date as YYYY-MM-DD after >= in where, got '{limit}'"


def test_a_named_date_that_is_none(tmp_path):
    for word in ("2020-02-30", "1 Mar 2020", "13/02/20"):
        text = message(tmp_path, people(d=[word] * N), features=["d"])
        assert text == f"my.csv, column 'd': expected dates as YYYY-MM-DD, got '{word}'"


def test_where_without_rows(tmp_path):
    text = message(tmp_path, people(), where={"x": "> 100", "y": ["a", "b"]})
    assert text == "tasks.T.where: no row of my.csv meets x: > 100 and y: [a, b]"
    assert "compares them with > 100, got 'a'" in message(tmp_path, people(), where={"y": "> 100"})
    assert message(tmp_path, people(), where={"z": 1}).startswith("tasks.T.where.z: my.csv has no column 'z'")


def test_missing_codes_hold_in_every_column_by_value(tmp_path):
    text = "s,y,x\nN,a,1\nN,b,-999.0\n?,a,2\nS,b,-999\nS,b,4\nN,a, ? \n"
    task = build(tmp_path, text, subset="s", missing=["?", -999], impute="drop_rows")
    assert task.row.tolist() == [0, 4]
    assert notes(task, "dropped") == {"s": "1 row without a value", "x": "3 rows without a value"}
    assert task.rows_read == {"N": 3, "": 1, "S": 2}


def test_what_is_no_number_in_a_row_that_is_left_out(tmp_path):
    """Found by test_fuzz_readers."""
    task = build(tmp_path, "s,y,x\n:,,1\n1,a,2\n+1,b,5\n2,a,4\n2.0,b,3\n", subset="s", impute="drop_rows")
    assert task.row.tolist() == [1, 2, 3, 4]
    assert task.subsets == ("1", "2")


@pytest.mark.parametrize("n_codes", [1, 6, 11])
def test_a_numeric_column_with_some_that_are_none(tmp_path, n_codes):
    values = ["?"] * n_codes + [f"{k}.5" for k in range(20 - n_codes)]
    frame = pd.DataFrame({"y": ["a", "b"] * 10, "lab": values, "w": ["<1", *range(19)]})
    first, second = message(tmp_path, frame).split("\nsoak: ")
    assert first.startswith("my.csv, row 1, column 'lab': expected a number")
    assert 'tasks.T.missing: ["?"]' in first
    assert 'tasks.T.missing: ["<1"]' in second


def test_titles_that_are_numbers_are_text(tmp_path):
    titles = ["Infinity", "Up", "300", "Nan", "Inf", "It"] * 2
    task = build(tmp_path, people(title=titles), features=["title"])
    assert task.feature_names == tuple(f"title={name}" for name in sorted(set(titles)))


def test_numbers_that_are_codes_of_categories(tmp_path):
    task = build(tmp_path, people(cp=[10, 9, 9.0, 1] * (N // 4)), categorical="cp", features=["cp"])
    assert task.feature_names == ("cp=1", "cp=9", "cp=10")


def test_exclude_by_name_and_by_regex(tmp_path):
    frame = people(Id=[5] * N, note_a=[1] * N, note_b=[2] * N)
    task = build(tmp_path, frame, exclude=["Id", "^note_"])
    assert task.feature_names == ("x",)
    assert set(notes(task, "excluded")) == {"Id", "note_a", "note_b"}
    assert message(tmp_path, frame, exclude=["^Note"]).startswith(
        "tasks.T.exclude[0]: '^Note' is not a column of my.csv and matches none"
    )


def test_a_regex_that_backtracks_is_answered_or_stopped(tmp_path):
    name = "a" * 40 + "!"
    frame = people(**{"a": range(0, 2 * N, 2), name: [1] * N})
    assert build(tmp_path, frame, features="^(a+)+$").feature_names == ("a",)
    assert "needs more than 5 s" in message(tmp_path, frame, features=r"^(?=a)(a+)+$")


@pytest.mark.parametrize(
    "values",
    [
        ["12%", "3 %", "4.5%"],
        ["$1,200", "$3", "-$4.50"],
        ["5,50 €", "1.200,00 €"],
        ["−3.5", "4", "−1"],
        ["(3.5)", "4", "7"],
        ["'3'", "'4'"],
        ["$1", "2", "3", "4"],
    ],
)
def test_numbers_with_signs_are_not_categories(tmp_path, values):
    rows = range(4 * len(values))
    content = pd.DataFrame(
        {"s": [values[k % len(values)] for k in rows], "y": ["ab"[k % 2] for k in rows], "x": [k % 5 for k in rows]}
    )
    signed = next(value for value in values if not value.isdigit())
    assert message(tmp_path, content).startswith(
        f"my.csv, row {values.index(signed) + 1}, column 's': expected a number, got {signed!r}: write "
    )
    task = build(tmp_path, content, categorical=["s"])
    assert len(task.feature_names) == len(values) + 1


@pytest.mark.parametrize(
    "values",
    [
        ["1.2.3", "1.2.4"],
        ["Q1", "Q2"],
        ["1st", "2nd"],
        ["<0.5", "high"],
        ["10-20", "20-30"],
        ["192.168.1.1", "10.0.0.1"],
    ],
)
def test_texts_with_digits_are_categories(tmp_path, values):
    assert build(tmp_path, column(*values)).feature_names == (*(f"s={value}" for value in sorted(values)), "x")


@pytest.mark.parametrize(
    "date", ["{}-Mar-2020", "Mar {} 2020", "March {}, 2020", "{} Mar 20", "{}/03/20", "2020/3/{}", "{}.3.2020 10:30"]
)
def test_dates_as_people_write_them_are_left_out(tmp_path, date):
    frame = pd.DataFrame(
        {"y": list("ab") * N, "x": [1, 2, 4] * (2 * N // 3), "d": [date.format(k % 9 + 1) for k in range(2 * N)]}
    )
    assert notes(build(tmp_path, frame), "left_out") == {"d": "holds dates"}


def test_lines_above_the_names_are_pointed_at(tmp_path):
    table = "s,y,x\n" + "N,a,1\nS,b,2\n" * 5
    for above, first in (("# made by me\n# in 2020\n", "# made by me"), ("Numbers of 2020\n\n", "Numbers of 2020")):
        expected = (
            f"my.csv, line 1: expected names of columns, got {first!r}; line 3 may hold them: remove the lines above it"
        )
        assert message(tmp_path, above + table) == expected


def test_names_are_trimmed_unless_that_makes_them_alike(tmp_path):
    assert build(tmp_path, "s, y , x\n" + "N,a,1\nS,b,2\n" * 5, subset="s").feature_names == ("x",)
    assert build(tmp_path, "x, x,y\n" + "2,1,a\n3,2,b\n" * 5).feature_names == ("x", " x")


@pytest.mark.parametrize(
    ("begin", "kind"), [('[{"y": 1}]', "JSON"), ('{"y": [1]}', "JSON"), ("@RELATION r\n", "an ARFF file")]
)
def test_other_formats_are_recognized(tmp_path, begin, kind):
    assert message(tmp_path, begin) == f"my.csv: expected delimited text, got {kind}; save it as CSV"


def typed(kind, **columns):
    """The bytes of a Parquet or Arrow file with a target y, a feature x and these columns."""
    y, x = ["a", "b"] * (N // 2), [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    table = pa.table({"y": y, "x": x} | columns)
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def repeated(*values, arrow_type=None):
    return pa.array([values[k % len(values)] for k in range(N)], arrow_type)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (repeated("lo", "?", "hi").dictionary_encode(), "?"),
        (repeated("lo", "?", "hi", arrow_type=pa.string_view()), "?"),
        (repeated(1, -9, 2).dictionary_encode(), -9),
        (repeated(0.5, -9, 2.5, arrow_type=pa.float16()), -9),
        (repeated(0.5, 0.1, 2.5, arrow_type=pa.float32()), 0.1),
        (repeated(datetime(2020, 1, 1), datetime(1900, 1, 1), datetime(2020, 1, 2)), "1900-01-01"),
    ],
)
def test_missing_codes_hold_in_columns_of_any_type(tmp_path, values, code):
    task = build(tmp_path, typed("arrow", s=values), "my.arrow", subset="s", missing=code, impute="drop_rows")
    assert task.row.tolist() == [k for k in range(N) if k % 3 != 1]
    assert len(task.subsets) == 2


@pytest.mark.parametrize("values", [repeated([1], [2]), repeated(b"\xff", b"a"), repeated({"a": 1}, {"a": 2})])
def test_columns_that_no_task_can_use_are_named_whatever_is_missing(tmp_path, values):
    content = typed("parquet", s=values)
    text = message(tmp_path, content, "my.parquet", missing=1)
    assert text.startswith("my.parquet, column 's': expected numbers, text, booleans or categories, got ")
    assert build(tmp_path, content, "my.parquet", missing="?", exclude="s").feature_names == ("x",)


def test_text_in_the_layout_of_polars(tmp_path):
    words = repeated("N", "S", "T", arrow_type=pa.string_view())
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1] * (N // 3)), pa.array(["v", "u"], pa.string_view()))
    content = typed("arrow", s=words, c=codes)
    task = build(tmp_path, content, "my.arrow", subset="s", where={"s": "!= T"})
    assert (task.subsets, task.feature_names) == (("N", "S"), ("x", "c=v", "c=u"))
    assert task.features[:2].tolist() == [[3, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_days_that_are_stored_as_moments_are_written_as_days(tmp_path, kind):
    days = repeated(datetime(2020, 1, 31), datetime(2020, 2, 1), datetime(2020, 2, 1, 12, 30))
    for unit in ("ms", "ns"):
        content = typed(kind, s=days.cast(pa.timestamp(unit)))
        task = build(tmp_path, content, f"my.{kind}", subset="s")
        assert task.subsets == ("2020-01-31", "2020-02-01", "2020-02-01 12:30:00")
        kept = build(tmp_path, content, f"my.{kind}", subset="s", where={"s": "!= 2020-01-31"})
        assert kept.subsets == ("2020-02-01", "2020-02-01 12:30:00")


def test_named_times_of_day_and_durations_become_days(tmp_path):
    columns = {
        "t": repeated(time(6), time(18)),
        "u": repeated(time(6), time(18), arrow_type=pa.time32("s")),
        "d": repeated(timedelta(hours=12), timedelta(days=2)),
    }
    content = typed("parquet", **columns)
    assert set(notes(build(tmp_path, content, "my.parquet"), "left_out")) == {"t", "u", "d"}
    task = build(tmp_path, content, "my.parquet", features=["t", "u", "d"])
    assert task.features[:2].tolist() == [[0.25, 0.25, 0.5], [0.75, 0.75, 2]]


def test_categories_are_no_amounts(tmp_path):
    text = message(tmp_path, people(code=[1, 2, 3] * (N // 3)), target="code", type="regression", categorical="code")
    assert text == "my.csv, column 'code': expected a number, since tasks.T.type is regression, got categories"
    text = message(tmp_path, people(code=[1, 2, 3] * (N // 3)), where={"code": "> 1"}, categorical="code")
    assert text.endswith("compares them with > 1, got categories")


def test_names_are_compared_however_their_accents_are_composed(tmp_path):
    composed, apart = "caf\u00e9", "cafe\u0301"
    frame = people(**{apart: ["N", "S"] * (N // 2), f" {apart}2": range(0, 2 * N, 2), "x": [1.5] * N})
    for name, content in (("my.csv", frame), ("my.parquet", as_parquet(frame))):
        for written in (composed, apart):
            features = [f"{written}2", "x"]
            task = build(tmp_path, content, name, subset=written, features=features, where={written: ["N", "S"]})
            assert (task.subsets, task.feature_names) == (("N", "S"), (f"{composed}2", "x"))
    both = people(**{composed: [1, 2] * (N // 2), apart: [2, 3] * (N // 2)})
    assert build(tmp_path, both).feature_names == ("x", composed, apart)
