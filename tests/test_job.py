"""What a rule's script does with its output and with a user's mistake."""

import subprocess
import sys
from pathlib import Path

from soak.run_log import INTERRUPTED

SCRIPTS = Path(__file__).parents[1] / "scripts"


def run(tmp_path, body):
    code = f"from soak.job import job\nfrom soak.errors import SoakError\nwith job(['{tmp_path}/logs/x.log']):\n    {body}\n"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True
    )
    return done, (tmp_path / "logs" / "x.log").read_text()


def test_a_mistake_is_one_line_in_the_log(tmp_path):
    done, log = run(tmp_path, "raise SoakError('my.csv: column y is missing')")
    assert done.returncode == 1
    assert log == "soak: my.csv: column y is missing\n"


def test_a_fault_of_ours_has_its_traceback_in_the_log(tmp_path):
    done, log = run(tmp_path, "1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in log
    assert "Traceback" in log


def test_output_of_compiled_code_is_logged_too(tmp_path):
    done, log = run(tmp_path, "import os; os.write(1, b'from C'); print('from Python')")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "from C" in log
    assert "from Python" in log


def test_an_interruption_is_one_line(tmp_path):
    done, log = run(tmp_path, "raise KeyboardInterrupt")
    assert done.returncode == 130
    assert log == f"{INTERRUPTED}\n"
