"""Tables in the forms in which people have them: found by itself, or by a key; the same table in each."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task

ROWS = [("N", "cat", 1.5, 1200), ("S", "dog", 22.25, 15300), ("N", "dög", -0.5, 7), ("S", "cat", 3.0, 1234567)]


def text(delimiter=",", decimal=".", thousands="", end="\n", quote="", head=""):
    """The table as text."""
    lines = [[f"{quote}{name}{quote}" for name in ("region", "y", "a", "n")]]
    for region, y, a, n in ROWS:
        number = f"{n:,}".replace(",", thousands)
        number = f'"{number}"' if thousands and thousands == delimiter else number
        lines.append([f"{quote}{region}{quote}", f"{quote}{y}{quote}", f"{a:.2f}".replace(".", decimal), number])
    return head + "".join(delimiter.join(line) + end for line in lines)


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr({"MACOSX": "__MACOSX/._my.csv"}.get(name, name.replace("__", "/")), data)
    return buffer.getvalue()


def build(folder, content, name="my.csv", **settings):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = {"table": str(path), "target": "y", "subset": "region"} | settings
    build_task("T", TaskSettings(**settings), path, folder / "T.arrow")
    return Task.open(folder / "T.arrow")


def open_document():
    """The table as LibreOffice stores it."""

    def cell(value):
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    names = "urn:oasis:names:tc:opendocument:xmlns"
    rows = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in [("region", "y", "a", "n"), *ROWS]
    )
    spaces = "".join(f' xmlns:{name}="{names}:{name}:1.0"' for name in ("office", "table", "text"))
    body = f'<office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet>'
    content = f"<office:document-content{spaces}><office:body>{body}</office:body></office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<m:manifest xmlns:m="{names}:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    )
    return zipped(**{"mimetype": kind, "content.xml": content, "META-INF__manifest.xml": manifest})


FORMS = {
    "commas": (text(), {}),
    "semicolons": (text(";"), {}),
    "semicolons and decimal commas": (text(";", ","), {}),
    "tabs": (text("\t"), {}),
    "bars": (text("|"), {}),
    "blanks": (text(" "), {}),
    "several blanks": (text("   "), {}),
    "blanks and quotes": (text(" ", quote='"'), {}),
    "blanks and decimal commas": (text(" ", ","), {"decimal": ","}),
    "Excel's first line": (text(";", ",", head="sep=;\n"), {}),
    "Excel's first line of tabs": (text("\t", head='"sep=\t"\n'), {}),
    "trailing semicolons": (text(";", ",", end=";;\n"), {}),
    "trailing commas": (text(end=",\n"), {}),
    "trailing commas below the header": (text(end=",\n").replace("n,\n", "n\n", 1), {}),
    "carriage returns": (text(end="\r\n"), {}),
    "thousands with commas": (text(thousands=","), {"thousands": ","}),
    "thousands with points": (text(";", ",", thousands="."), {"thousands": "."}),
    "thousands with blanks": (text(";", thousands="\u00a0"), {"thousands": " "}),
    "Latin-1": (text().encode("latin-1"), {"encoding": "latin-1"}),
    "UTF-16": (text(";", ",").encode("utf-16"), {"encoding": "utf-16"}),
    "UTF-16 without a mark": (text("\t").encode("utf-16-le"), {"encoding": "utf-16-le"}),
    "a delimiter by key": (text("^"), {"delimiter": "^"}),
    "a member": (zipped(**{"a.txt": "notes", "data__my.csv": text(";")}), {"member": "data/my.csv"}),
    "a zip by macOS": (zipped(**{"my.csv": text(), "MACOSX": "x"}), {}),
    "R's row names": (
        text(" ", quote='"').split("\n", 1)[0]
        + "".join(f'\n"row {k}" {line}' for k, line in enumerate(text(" ", quote='"').splitlines()[1:])),
        {},
    ),
    "R's row names, tabs": (
        text("\t").split("\n", 1)[0] + "".join(f"\n{k}\t{line}" for k, line in enumerate(text("\t").splitlines()[1:])),
        {},
    ),
    "an old Excel workbook": (
        (Path(__file__).parent / "form.xls").read_bytes(),
        {},
    ),  # these rows, written by xlwt 1.3.0
    "an OpenDocument sheet": (open_document(), {}),
    "no header": (text().split("\n", 1)[1], {"header": False, "target": "2", "subset": "1"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_in_each_form(tmp_path, form):
    content, settings = FORMS[form]
    task = build(tmp_path, content, **settings)
    assert task.features.tolist() == [[row[2], row[3]] for row in ROWS]
    assert task.classes == ("cat", "dog", "dög")
    assert task.subset.tolist() == [row[0] for row in ROWS]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_text_with_other_delimiters_in_it(tmp_path, delimiter):
    lines = [("region", "y", "note, or; |"), *(("N", "cat", "a;b|c d"), ("S", "dog", "e,f"), ("N", "dog", "g")) * 4]
    content = "".join(delimiter.join(f'"{value}"' for value in line) + "\n" for line in lines)
    task = build(tmp_path, content)
    assert task.feature_names == ("note, or; |=a;b|c d", "note, or; |=e,f", "note, or; |=g")


def workbook(folder, **sheets):
    """An Excel workbook, written with the standard library: cells are numbers, booleans or text."""
    cells = {}
    for name, rows in sheets.items():
        lines = []
        for r, row in enumerate(rows, start=1):
            values = []
            for c, value in enumerate(row):
                place = f"{chr(65 + c)}{r}"
                if value is None:
                    continue
                if isinstance(value, bool):
                    values.append(f'<c r="{place}" t="b"><v>{int(value)}</v></c>')
                elif isinstance(value, str):
                    values.append(f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>')
                else:
                    values.append(f'<c r="{place}"><v>{value}</v></c>')
            lines.append(f'<row r="{r}">{"".join(values)}</row>')
        cells[name] = f"<sheetData>{''.join(lines)}</sheetData>"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    numbers = range(1, len(cells) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{k}" r:id="rId{k}"/>' for k, name in zip(numbers, cells, strict=True)
    )
    to_sheets = "".join(
        f'<Relationship Id="rId{k}" Type="{relations}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k in numbers
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{to_sheets}</Relationships>',
    }
    files |= {
        f"xl/worksheets/sheet{k}.xml": f'<worksheet xmlns="{main}">{data}</worksheet>'
        for k, data in zip(numbers, cells.values(), strict=True)
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_an_excel_workbook(tmp_path):
    rows = [["region", "y", "a", "n", "ok"], *([*row, k % 2 == 0] for k, row in enumerate(ROWS)), [None] * 5]
    task = build(tmp_path, workbook(tmp_path, Data=rows, Empty=[]), "my.xlsx")
    assert task.features.tolist() == [[row[2], row[3], k % 2 == 0] for k, row in enumerate(ROWS)]
    assert task.classes == ("cat", "dog", "dög")
    both = workbook(tmp_path, Notes=[["who"], ["me"]], Data=rows)
    for sheet in ("Data", 2):
        assert build(tmp_path, both, "my.xlsx", sheet=sheet).features.shape == (4, 3)
    with pytest.raises(SoakError, match=r"my.xlsx: expected a sheet .*, got 2: name one of them as sheet: Notes, Data"):
        build(tmp_path, both, "my.xlsx")
    with pytest.raises(SoakError, match=r"my.xlsx: has no sheet 'data'; did you mean 'Data'\?"):
        build(tmp_path, both, "my.xlsx", sheet="data")


def test_an_unnamed_first_column_that_counts_is_left_out(tmp_path):
    frame = pd.DataFrame({"region": list("NSNSNS"), "y": list("abbaab"), "x": [3, 1, 4, 1, 5, 9]})
    task = build(tmp_path, frame.to_csv())
    assert task.feature_names == ("x",)
    assert [note.column for note in task.notes if note.kind == "left_out"] == ["column 1"]
    named = frame.set_axis([f"row {k}" for k in "qwerty"])
    with pytest.raises(SoakError, match=r"column 1 has no name .* leave it out with tasks.T.exclude: \[column 1\]"):
        build(tmp_path, named.to_csv())
    assert build(tmp_path, named.to_csv(), exclude="column 1").feature_names == ("x",)


def test_row_names_are_left_out_unless_named(tmp_path):
    lines = [
        "region y x",
        *(f'"{name}" {name[0]} {"ab"[k % 2]} {k % 3}' for k, name in enumerate(("N 1", "S 1", "N 2", "S 2"))),
    ]
    task = build(tmp_path, "\n".join(lines))
    assert task.feature_names == ("x",)
    assert [tuple(note) for note in task.notes if note.kind == "left_out"] == [
        ("left_out", "row.names", "R's row names")
    ]
    assert build(tmp_path, "\n".join(lines), features=["row.names", "x"]).features.shape == (4, 5)


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("y a b\n1 1 1.5 2\n2 2 -.25 1\n", {}),
        ("y;a;b\n1;1,5;2\n2;-0,25;1\n", {}),
        ("y\ta\tb\n1\t1,5\t2\n2\t-0,25\t1\n", {"decimal": ","}),
        ("y a b\n1 1.5 2\n2 -.25 1\n", {}),
        ("y;a;b;\n1;1,5;2;\n2;-0,25;1;\n".encode("utf-16"), {"encoding": "utf-16"}),
        (workbook(None, S=[["y", "a", "b"], [1, 1.5, 2], [2, -0.25, 1]]), {}),
    ],
)
def test_tables_of_data_sets_have_the_same_reader(tmp_path, content, settings):
    path = tmp_path / "rows"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    data = dataset({"tables": [{"table": str(path), **settings}]})
    decode("D", data, {"table_1": path}, tmp_path / "D.arrow")
    read = Dataset.open(tmp_path / "D.arrow")
    assert read.features.tolist() == [[1.5, 2], [-0.25, 1]]
    assert read.label.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("key", "value"),
    [("encoding", "klingon"), ("delimiter", "ab"), ("delimiter", "§"), ("thousands", "12"), ("decimal", "x")],
)
def test_bad_keys(key, value):
    with pytest.raises(ValueError, match=key):
        TaskSettings(table="a.csv", target="y", **{key: value})


def numbers(*values):
    """A table of text with semicolons whose column x holds these values."""
    return "region;y;x\n" + "".join(f"{'NS'[k % 2]};{'ab'[k // 2]};{value}\n" for k, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "settings", "read"),
    [
        (("1,234", "0,512", "2,345", "7,5"), {}, [1.234, 0.512, 2.345, 7.5]),
        (("1,234", "2,345", "3,000", "14,567"), {}, [1.234, 2.345, 3, 14.567]),
        (("1,234", "2,345", "3", "4,567"), {"decimal": ","}, [1.234, 2.345, 3, 4.567]),
        (("1,234", "2,345", "3", "4,567"), {"thousands": ","}, [1234, 2345, 3, 4567]),
        (("1.234", "2.345", "3", "0,5"), {"thousands": "."}, [1234, 2345, 3, 0.5]),
        (("1.234,5", "1.234.567", "3", "4"), {"thousands": "."}, [1234.5, 1234567, 3, 4]),
        (("1\u00a0234,5", "2", "3", "4"), {"thousands": " "}, [1234.5, 2, 3, 4]),
        (("0.123", "12.34", "1,5", "4"), {"decimal": ","}, [0.123, 12.34, 1.5, 4]),
    ],
)
def test_numbers_that_might_be_wrong_by_a_thousand(tmp_path, values, settings, read):
    assert build(tmp_path, numbers(*values), **settings).features[:, 0].tolist() == pytest.approx(read)


@pytest.mark.parametrize(
    ("values", "settings", "told"),
    [
        (("1,234", "2,345", "3", "4,567"), {}, ": numbers such as '1,234' may have a decimal comma, or commas between"),
        (
            ("0,5", "1.234", "3", "4,5"),
            {"decimal": ","},
            ", row 2, column 'x': expected a decimal comma, got '1.234'; if",
        ),
        (("0,5", "1", "3", "4"), {"decimal": ",", "thousands": ","}, ": decimal and thousands are both ','; expected"),
    ],
)
def test_no_guess_between_decimals_and_thousands(tmp_path, values, settings, told):
    with pytest.raises(SoakError) as caught:
        build(tmp_path, numbers(*values), **settings)
    assert f"my.csv{told}" in str(caught.value)
