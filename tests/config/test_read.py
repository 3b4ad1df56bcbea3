"""Config files that cannot be read, and the lines of keys in those that can."""

import subprocess
from pathlib import Path

import pytest
from small_runs import ROOT, SNAKEMAKE

from soak.config.read import config_files, place_message, refuse_unreadable, unreadable

CASES = [
    (
        "tasks:\n  A: [1\nlearners: x\n",
        ":3: invalid YAML: missing ] or comma after the [ in line 2",
    ),
    ("tasks: {A: {table: x\n", ":2: invalid YAML: missing } or comma after the { in line 1"),
    ("tasks:\n\tA: {}\n", ":2: invalid YAML: use spaces, not tabs"),
    ("tasks:\n  A: {}\n\tB: {}\n", ":3: invalid YAML: use spaces, not tabs"),
    (
        "a: b: c\n",
        ":1: invalid YAML: two colons in one line; put text that contains a colon in quotes, or the second key on a line of its own",
    ),
    (
        "A:\n  table: x\n  stratum Species\n  target: y\n",
        ":3: invalid YAML: ':' is missing in 'stratum Species'; expected key: value",
    ),
    (
        "A:\n  table x.csv\n  # mine\n\n  target: y\n",
        ":2: invalid YAML: ':' is missing in 'table x.csv'; expected key: value",
    ),
    (
        "A:\n  table:x.csv\n  target: y\n",
        ":2: invalid YAML: a space is missing after ':' in 'table:x.csv'; expected key: value",
    ),
    (
        "A:\n  table: x\n   target: y\n",
        ":3: invalid YAML: the indentation differs from that of the lines around it; keys of one mapping start in the same column",
    ),
    (
        "A:\n    B: x\n  C: y\n",
        ":3: invalid YAML: the indentation differs from that of the lines around it; keys of one mapping start in the same column",
    ),
    (
        "features: [clay, DBH [cm], % clay]\n",
        ':1: invalid YAML: [ inside a name; put the name in quotes: "DBH [cm]"',
    ),
    ("features: [clay, % clay]\n", ':1: invalid YAML: text that starts with % must be in quotes: "% clay"'),
    ("features: *_cm\n", ':1: invalid YAML: text that starts with * must be in quotes: "*_cm"'),
    ("features: [*]\n", ':1: invalid YAML: text that starts with * must be in quotes: "*"'),
    ("target: !y\n", ':1: invalid YAML: text that starts with ! must be in quotes: "!y"'),
    ('target: "y\nb: 1\n', ':1: invalid YAML: the quotation mark in "y is not closed'),
    ('target: "y" z\n', ":1: invalid YAML: unexpected 'z'; put the whole text in quotes"),
    ("target: {{y}}\n", ":1: invalid YAML: { inside a name; put the name in quotes"),
    ("target: }\n", ":1: invalid YAML: a value is missing before }"),
    ("a: - b\n", ":1: invalid YAML: list entries that start with - go on lines of their own, below the key"),
    (
        "a: |x\n",
        ":1: invalid YAML: expected chomping or indentation indicators, but found 'x' (while scanning a block scalar)",
    ),
    ("a: \0\n", ": invalid YAML: unacceptable character #x0000: special characters are not allowed"),
    (
        "tasks: {}\n__use_yte__: true\n",
        ": __use_yte__: is not allowed: a config holds settings, and no code to run",
    ),
    (
        "x: &x {__use_yte__: true}\n<<: *x\n",
        ": __use_yte__: is not allowed: a config holds settings, and no code to run",
    ),
    (
        '{"__definitions__": ["import os"]}',
        ": __definitions__: is not allowed: a config holds settings, and no code to run",
    ),
    (
        "__variables__: {a: 1}\n",
        ": __variables__: is not allowed: a config holds settings, and no code to run",
    ),
    ("x: &x\n  y: *x\n", ":2: *x stands within &x itself, which would have no end"),
    ("a: &a [1, {b: *a}]\n", ":1: *a stands within &a itself, which would have no end"),
    ("x: &x {<<: *x}\n", ":1: *x stands within &x itself, which would have no end"),
    ("a: " + "[" * 5000, ":1: more than 50 lists and mappings within each other"),
    ("a: " + "{b: " * 60, ":1: more than 50 lists and mappings within each other"),
    (
        "a: &a [0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        ":6: the aliases down to *e stand for more than 100000 values",
    ),
    ("seed: " + "1" * 5000 + "\n", ": invalid YAML: Exceeds the limit (4300 digits) for integer string conversion"),
    ("a: 2020-13-45\n", ": invalid YAML: month must be in 1..12"),
    ("a: !!python/name:os.system\n", None),
    ("just text\n", ": expected keys with values, such as tasks and learners, got text"),
    ("- a\n- b\n", ": expected keys with values, such as tasks and learners, got a list"),
    ("3\n", ": expected keys with values, such as tasks and learners, got a single value"),
    ("# nothing yet\n", ": expected keys with values, such as tasks and learners, got nothing"),
]


@pytest.mark.parametrize(("text", "message"), CASES, ids=[repr(text) for text, _ in CASES])
def test_not_a_config(text, message, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    found = unreadable(file)
    assert found is not None
    assert found.startswith(f"{file}{message or ':1: invalid YAML'}")
    assert "\n" not in found


def test_aliases_of_little_are_allowed(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(
        "resampling: {folds: &k 5}\ntasks:\n  A: &a {table: x.csv, resampling: {folds: *k}}\n  B: {<<: *a, target: y}\n"
    )
    assert unreadable(file) is None


def test_not_text(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_bytes("tasks: {Bäume: {}}".encode("latin-1"))
    assert unreadable(file) == f"{file}: not a text file in UTF-8: invalid continuation byte at byte 10"


def test_not_there(tmp_path):
    (tmp_path / "trees.yaml").touch()
    assert unreadable(tmp_path / "tree.yaml") == f"{tmp_path}/tree.yaml: no such file; did you mean 'trees.yaml'?"
    assert unreadable(tmp_path) == f"{tmp_path}: expected a YAML file, got a folder"


def test_a_config_is_readable(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("tasks: {}\n")
    assert unreadable(file) is None
    refuse_unreadable(["snakemake", "--configfile", str(file)])


def test_all_files_are_reported_at_once(tmp_path):
    arguments = ["snakemake", "--cores", "2", "--configfile", f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml", "--", "all"]
    with pytest.raises(SystemExit) as caught:
        refuse_unreadable(arguments)
    assert caught.value.code.splitlines() == [
        f"soak: {tmp_path}/a.yaml: no such file; YAML files there: none",
        f"soak: {tmp_path}/b.yaml: no such file; YAML files there: none",
    ]


@pytest.mark.workflow
@pytest.mark.parametrize("profile", ["default", "slurm", "slurm-gpu"])
def test_profiles_refuse_a_file_from_any_folder(profile, tmp_path):
    (tmp_path / "my.yaml").write_text("tasks:\n\tA: {}\n")
    words = [SNAKEMAKE, "-n", "--snakefile", ROOT / "Snakefile", "--workflow-profile", ROOT / "profiles" / profile]
    done = subprocess.run(
        [*words, "--configfile", "my.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "soak: my.yaml:2: invalid YAML: use spaces, not tabs"
    assert "Traceback" not in done.stderr


@pytest.mark.workflow
@pytest.mark.parametrize("profile", ["default", "slurm", "slurm-gpu", "none"])
def test_a_config_is_no_program(profile, tmp_path):
    """Snakemake would run the definitions when it reads the file; without a profile only the run is refused."""
    (tmp_path / "my.yaml").write_text("__use_yte__: true\n__definitions__:\n  - open('RAN', 'w')\ntasks: {}\n")
    chosen = profile if profile == "none" else ROOT / "profiles" / profile
    words = [SNAKEMAKE, "-n", "--cores", "1", "--snakefile", ROOT / "Snakefile", "--workflow-profile", chosen]
    done = subprocess.run(
        [*words, "--configfile", "my.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "my.yaml: __use_yte__: is not allowed: a config holds settings, and no code to run"
    )
    assert (tmp_path / "RAN").exists() == (profile == "none")


def test_the_option_in_all_its_forms():
    assert config_files(["--configfile=a.yaml", "all"]) == [Path("a.yaml"), Path("all")]
    assert config_files(["--configfiles", "a.yaml", "-n", "b.yaml"]) == [Path("a.yaml")]
    assert config_files(["--cores", "2"]) == []


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("tasks:\n  My.Trees:\n    table: a.csv\n    features: [x,\n      y]\nverdict:\n  alpha: 0.1\n")
    return file


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("tasks.My.Trees.table: it is empty", 3),
        ("tasks.My.Trees.features[1]: no such column", 5),
        ("tasks.My.Trees.target: no such column", 2),  # not in the file: the line of what it would be in
        ("verdict.measure: all its scores are missing", 6),
        ("tasks: none has a subset", 1),
    ],
)
def test_a_message_of_a_job_gets_the_line_of_its_key(message, line, config):
    text = f"warning\nsoak: {message}\nsoak: the end"
    assert place_message(text, [config]) == f"warning\nsoak: {config}:{line}: {message}\nsoak: the end"


@pytest.mark.parametrize("message", ["a.csv: it is empty", "tasks.csv: it is empty", "seed.train: 1", "2 fits failed"])
def test_a_message_without_a_key_of_the_config_stays_as_it_is(message, config):
    assert place_message(f"soak: {message}", [config]) == f"soak: {message}"


def test_messages_name_config_files_as_the_command_line_does(config, tmp_path):
    file = f"{tmp_path}/folder/../my.yaml"  # as Snakemake makes ../my.yaml absolute
    (tmp_path / "folder").mkdir()
    text = f"soak: tasks: empty\nsoak: {file}:3: known before"
    assert place_message(text, [file], [Path("../my.yaml")]) == (
        "soak: ../my.yaml:1: tasks: empty\nsoak: ../my.yaml:3: known before"
    )
