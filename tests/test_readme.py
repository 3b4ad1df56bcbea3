"""The documents: every command and every config in them is tried, and numbers come from files."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from documents import DOCUMENTS, ROOT, all_blocks, commands, configs, environment, merged, project_copy, spans

from soak.config.check import load_config
from soak.errors import SoakError
from soak.report.words import CAUTION

CONFIGS = list(configs())
SPANS = list(spans())
COMMANDS = list(commands())
LANGUAGES = {"sh", "yaml", "python", "csv", "text", "r", "snakemake"}
README = (ROOT / "README.md").read_text()

# The least that makes a config of one key
LEAST = {
    "datasets": {"Digits": {"builtin": "digits"}},
    "tasks": {"Digits": {"datasets": ["Digits"]}, "Trees": {"table": "trees.csv", "target": "height"}},
    "learners": {"featureless": {"type": "featureless"}},
}

# What cannot be done here: another machine, another service. These are parsed only.
ELSEWHERE = ("git clone", "podman", ".venv/bin/pip install", "export")


def ids(pairs):
    return [f"{block} {text}" if isinstance(text, str) else str(block) for block, text in pairs]


def test_there_is_something_to_test():
    assert len(CONFIGS) >= 3
    assert len(SPANS) >= 3
    assert len(COMMANDS) >= 15


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_is_in_fences_of_a_known_language(document):
    """An indented block, or one without a language, would be tried by no test."""
    assert {block.language for block in all_blocks() if ROOT / block.document == document} <= LANGUAGES
    outside = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
    indented = re.findall(r"(?<=\n\n)    .*", outside)
    assert [line for line in indented if re.match(r" +(make|python|pip|\.venv|snakemake|\w+: )", line)] == []


@pytest.mark.parametrize(("block", "config"), CONFIGS, ids=ids(CONFIGS))
def test_configs_are_valid(block, config):
    load_config(config)


@pytest.mark.parametrize("block", [pair[0] for pair in CONFIGS if re.match(r"# \S+\.yaml\n", pair[0].text)], ids=str)
def test_a_file_is_shown_whole(block):
    """Appended to the file it would repeat keys, instead of the file it would lack some."""
    assert block.kind != "part"
    load_config(yaml.safe_load(block.text))


@pytest.mark.parametrize(("where", "given"), SPANS, ids=[where for where, _ in SPANS])
def test_keys_in_running_text_are_valid(where, given):
    """Keys whose values are shortened (…) cannot be read; all others can."""
    if "scores" in given:
        load_config(given)
    elif "…" not in where:
        load_config(merged(LEAST, given))


@pytest.mark.parametrize("block", all_blocks("python"), ids=str)
def test_python_runs(block, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A clone in which the commands are tried, with the tutorial's table as one's own."""
    return project_copy(tmp_path_factory.mktemp("clone") / "soak")


def write_files(project, block):
    """What a document has shown before a command: its blocks whose first line is a comment with a file's name."""
    folder = project / "trees"
    folder.mkdir(exist_ok=True)
    for name in ("my.csv", "mainland.csv"):
        if not (folder / name).exists():
            (folder / name).write_bytes((ROOT / "docs/tutorial/trees.csv").read_bytes())
    for shown, config in CONFIGS:
        name = re.match(r"# (\S+\.yaml)\n", shown.text)
        if name and shown.document == block.document and shown.line < block.line:
            (project / name[1]).write_text(yaml.safe_dump(config, sort_keys=False))


def dry(words):
    """A command that changes nothing: what make would do, what Snakemake would run."""
    if words[0] == "make":
        return [*words, "-n"]
    if words[0] == ".venv/bin/snakemake" and not {"-n", "--unlock"} & set(words):
        return [words[0], "-n", *words[1:]]
    return words


@pytest.mark.workflow
@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=ids(COMMANDS))
def test_commands(project, block, command, tmp_path):
    command = command.replace("/scratch/me", str(tmp_path))
    words = shlex.split(command, comments=True)
    if command.startswith(ELSEWHERE) or "--default-storage-provider" in command:
        return
    write_files(project, block)
    assert all((project / word[7:]).is_file() for word in words if word.startswith("CONFIG="))
    line = command if "&&" in command or ">" in command else shlex.join(dry(words))
    done = subprocess.run(line, shell=True, cwd=project, env=environment(project), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_own_table(project):
    """The README's own table, by its own command; then the tutorial's first run, which is the same."""
    for document in ("README.md", "docs/tutorial.md"):
        block, command = next(pair for pair in COMMANDS if pair[0].document == document and "CONFIG" in pair[1])
        write_files(project, block)
        done = subprocess.run(
            shlex.split(command, comments=True), cwd=project, env=environment(project), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said, shown = done.stdout.splitlines(), texts("docs/tutorial.md")[1].splitlines()
        assert [line for line in shown if line not in said] == []


@pytest.mark.skipif(not os.environ.get("SOAK_STRESS"), reason="SOAK_STRESS=1 runs it (2 minutes)")
def test_the_whole_tutorial(project):
    """All commands of the tutorial in order: what it shows is shown, and its pictures are those of the run before."""
    steps = [pair for pair in COMMANDS if pair[0].document == "docs/tutorial.md"]
    text = (ROOT / "docs/tutorial.md").read_text()
    pictures = {text[: found.start()].count("\n"): found[1] for found in re.finditer(r"\(tutorial/(\w+\.png)\)", text)}
    printed = []
    for number, (block, command) in enumerate(steps):
        write_files(project, block)
        done = subprocess.run(
            command, shell=True, cwd=project, env=environment(project), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed += done.stdout.splitlines()
        end = steps[number + 1][0].line if number + 1 < len(steps) else len(text)
        for name in [name for line, name in pictures.items() if block.line < line < end]:
            drawn = project / "trees/results/figures" / name
            assert drawn.read_bytes() == (ROOT / "docs/tutorial" / name).read_bytes(), name
    for shown in texts("docs/tutorial.md")[1:]:
        assert [line for line in shown.splitlines() if line not in printed] == []


def texts(document):
    """What a document says that a command prints."""
    return [block.text for block in all_blocks("text") if block.document == document]


def test_the_tutorials_mistake_is_told_as_it_says(project, monkeypatch):
    block, _ = next(pair for pair in CONFIGS if pair[0].document == "docs/tutorial.md")
    monkeypatch.chdir(project)
    file = Path("trees/my.yaml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(block.text.replace("target:", "taget:"))
    with pytest.raises(SoakError) as caught:
        load_config(yaml.safe_load(file.read_text()), [file])
    assert f"soak: {caught.value}\n" == texts("docs/tutorial.md")[0]


def test_the_tutorials_table_is_made_by_its_script(tmp_path):
    made = tmp_path / "trees.csv"
    subprocess.run([sys.executable, ROOT / "docs/tutorial/make_trees.py", made], check=True)
    assert made.read_bytes() == (ROOT / "docs/tutorial/trees.csv").read_bytes()
    shown = next(block.text for block in all_blocks("csv"))
    assert made.read_text().startswith(shown)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_are_there(document):
    for link in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if "://" not in link:
            assert (document.parent / link).exists(), link


def test_numbers_of_speed_are_measured():
    """Each number in the README's paragraph on speed stands in what make bench wrote, or in what longer runs gave."""
    paragraph = re.search(r"## How fast\n(.*?)\n## ", README, flags=re.S)[1]
    measured = "".join((ROOT / "docs" / name).read_text() for name in ("benchmarks.txt", "long_benchmarks.txt"))
    numbers = re.findall(r"\d+\.\d+", paragraph)
    assert numbers
    assert [number for number in numbers if not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", measured)] == []


def test_false_alarms_are_those_of_the_simulation():
    """README, report and prose say of all rows of the table of docs/verdicts.md what the rows say."""
    text = (ROOT / "docs/verdicts.md").read_text()
    rows = re.findall(r"^\|(?: \d+ \|){3} over all three \|.*\| ([\d.]+) % \| ([\d.]+) % \|.*\|.*\|$", text, flags=re.M)
    alarms, coverage = zip(*((float(one), float(other)) for one, other in rows), strict=True)
    assert len(rows) == 10
    said = f"{min(alarms):.0f} to {max(alarms):.0f} % false alarms"
    assert all(said in " ".join(one.split()) for one in (README, text, CAUTION))
    held = f"in {min(coverage):.0f} to {max(coverage):.0f} %"
    assert all(held in " ".join(one.split()) for one in (text, CAUTION))


def test_as_many_answers_of_r_are_compared_as_the_readme_says():
    files = [file for file in (ROOT / "tests/reference").rglob("*.jsonl.gz") if not file.name.endswith("_R.jsonl.gz")]
    cases = sum(len(gzip.decompress(file.read_bytes()).splitlines()) for file in files)
    assert f"[{cases} random and awkward ones](tests/reference/README.random.md)" in README


def test_the_example_of_a_verdict_adds_up():
    text = " ".join((ROOT / "docs/verdicts.md").read_text().replace("> ", "").split())
    found = re.search(
        r": ([\d.]+) % error against ([\d.]+) % \((.*?) points, .*?guessing ([\d.]+) %\): it keeps (\d+) %", text
    )
    other, same, difference, guessing, kept = map(float, found.groups())
    assert difference == pytest.approx(other - same, abs=0.11)  # each is rounded to one digit
    assert kept == round(100 * (1 - other / guessing) / (1 - same / guessing))
