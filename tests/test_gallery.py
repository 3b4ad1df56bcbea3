"""The gallery: the page shows the configs, and what their runs answer."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from documents import ROOT, blocks, environment, project_copy

PAGE = ROOT / "docs/gallery.md"
GALLERY = ROOT / "docs/gallery"
QUESTIONS = ("islands", "hospitals", "years", "patients", "images")
STRESS = pytest.mark.skipif(not os.environ.get("SOAK_STRESS"), reason="SOAK_STRESS=1 runs it (a minute of CPU)")


def shown(language: str) -> list[str]:
    """Blocks of the page, one for each question in order."""
    return [block.text for block in blocks(PAGE, language)][: len(QUESTIONS)]


@pytest.mark.parametrize(("question", "config"), list(zip(QUESTIONS, shown("yaml"), strict=True)), ids=QUESTIONS)
def test_the_page_shows_the_configs(question: str, config: str) -> None:
    assert (GALLERY / question / f"{question}.yaml").read_text() == config
    assert (GALLERY / question / f"{question}.png").stat().st_size < 150_000


def test_the_penguins_are_as_published() -> None:
    published = ROOT / "tests/files/tables/penguins.csv"
    assert (GALLERY / "islands/penguins.csv").read_bytes() == published.read_bytes()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_copy(tmp_path_factory.mktemp("gallery") / "soak")


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("question", "command", "answer"),
    [
        pytest.param(*one, id=one[0], marks=() if one[0] == "patients" else STRESS)  # the quickest runs in any case
        for one in zip(QUESTIONS, shown("sh"), shown("text"), strict=True)
    ],
)
def test_runs_answer_as_the_page_says(project: Path, question: str, command: str, answer: str) -> None:
    done = subprocess.run(
        shlex.split(command), cwd=project, env=environment(project), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    assert [line for line in answer.splitlines() if line not in printed] == []
    drawn = project / f"docs/gallery/{question}/results/figures/differences.png"
    assert drawn.read_bytes() == (GALLERY / question / f"{question}.png").read_bytes()
