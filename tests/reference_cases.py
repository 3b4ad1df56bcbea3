"""Random and awkward cases with R's answers: tests/reference/random and tests/reference/edge."""

import gzip
import json
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"


def read_cases(name):
    """The cases of a file and R's answers to them, as pytest's parameters: (case, answer), with the case's id."""
    import pytest

    pairs = zip(_lines(name), _lines(f"{name}_R"), strict=True)
    return [pytest.param(case, answer, id=f"{Path(name).name}-{case['id']}") for case, answer in pairs]


def _lines(name):
    with gzip.open(REFERENCE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
