"""Config files that cannot be read at all."""

from pathlib import Path

import pytest

from soak.config.readable import config_files, tell_unreadable, unreadable

CASES = [
    (
        "tasks:\n  A: [1\nlearners: x\n",
        ":3: is not YAML: ] or a comma is missing after the [ in line 2",
    ),
    ("tasks: {A: {table: x\n", ":2: is not YAML: } or a comma is missing after the { in line 1"),
    ("tasks:\n\tA: {}\n", ":2: is not YAML: a tab; use blanks, not tabs"),
    ("tasks:\n  A: {}\n\tB: {}\n", ":3: is not YAML: a tab; use blanks, not tabs"),
    (
        "a: b: c\n",
        ":1: is not YAML: two colons in one line; put a text with a colon in quotes, or the second key in a line of its own",
    ),
    (
        "A:\n  table: x\n  stratum Species\n  target: y\n",
        ":3: is not YAML: ':' is missing in 'stratum Species'; a key and its value are written as key: value",
    ),
    (
        "A:\n  table x.csv\n  # mine\n\n  target: y\n",
        ":2: is not YAML: ':' is missing in 'table x.csv'; a key and its value are written as key: value",
    ),
    (
        "A:\n  table:x.csv\n  target: y\n",
        ":2: is not YAML: a blank is missing after ':' in 'table:x.csv'; a key and its value are written as key: value",
    ),
    (
        "A:\n  table: x\n   target: y\n",
        ":3: is not YAML: the line is not indented as its neighbours are; keys that belong together start in one column",
    ),
    (
        "A:\n    B: x\n  C: y\n",
        ":3: is not YAML: the line is not indented as its neighbours are; keys that belong together start in one column",
    ),
    (
        "features: [clay, DBH [cm], % clay]\n",
        ':1: is not YAML: [ inside a name; put the name in quotes, as "DBH [cm]"',
    ),
    ("features: [clay, % clay]\n", ':1: is not YAML: no text starts with %; put it in quotes, as "% clay"'),
    ("features: *_cm\n", ':1: is not YAML: no text starts with *; put it in quotes, as "*_cm"'),
    ("features: [*]\n", ':1: is not YAML: no text starts with *; put it in quotes, as "*"'),
    ("target: !y\n", ':1: is not YAML: no text starts with !; put it in quotes, as "!y"'),
    ('target: "y\nb: 1\n', ':1: is not YAML: the quote that starts with "y has no end'),
    ('target: "y" z\n', ":1: is not YAML: nothing may follow here, but 'z' does; put the whole text in quotes"),
    ("target: {{y}}\n", ":1: is not YAML: { inside a name; put the name in quotes"),
    ("target: }\n", ":1: is not YAML: a value is missing before }"),
    ("a: - b\n", ":1: is not YAML: a list that is written with - starts in a line of its own, below its key"),
    (
        "a: |x\n",
        ":1: is not YAML: expected chomping or indentation indicators, but found 'x' (while scanning a block scalar)",
    ),
    ("a: \0\n", ": is not YAML: unacceptable character #x0000: special characters are not allowed"),
    ("just text\n", ": holds text; needed are keys with values, such as tasks and learners"),
    ("- a\n- b\n", ": holds a list; needed are keys with values, such as tasks and learners"),
    ("3\n", ": holds one value; needed are keys with values, such as tasks and learners"),
    ("# nothing yet\n", ": holds nothing; needed are keys with values, such as tasks and learners"),
]


@pytest.mark.parametrize(("text", "message"), CASES, ids=[repr(text) for text, _ in CASES])
def test_not_a_config(text, message, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    assert unreadable(file) == f"{file}{message}"


def test_not_text(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_bytes("tasks: {Bäume: {}}".encode("latin-1"))
    assert unreadable(file) == f"{file}: is not text in UTF-8: invalid continuation byte at byte 10"


def test_not_there(tmp_path):
    (tmp_path / "trees.yaml").touch()
    assert (
        unreadable(tmp_path / "tree.yaml") == f"{tmp_path}/tree.yaml: there is no such file; did you mean 'trees.yaml'?"
    )
    assert unreadable(tmp_path) == f"{tmp_path}: is a folder; needed is a YAML file"


def test_a_config_is_readable(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("tasks: {}\n")
    assert unreadable(file) is None
    tell_unreadable(["snakemake", "--configfile", str(file)])


def test_all_files_are_told_at_once(tmp_path):
    arguments = ["snakemake", "--cores", "2", "--configfile", f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml", "--", "all"]
    with pytest.raises(SystemExit) as caught:
        tell_unreadable(arguments)
    assert caught.value.code.splitlines() == [
        f"soak: {tmp_path}/a.yaml: there is no such file; YAML files there: there is none",
        f"soak: {tmp_path}/b.yaml: there is no such file; YAML files there: there is none",
    ]


def test_the_option_in_all_its_forms():
    assert config_files(["--configfile=a.yaml", "all"]) == [Path("a.yaml"), Path("all")]
    assert config_files(["--configfiles", "a.yaml", "-n", "b.yaml"]) == [Path("a.yaml")]
    assert config_files(["--cores", "2"]) == []
