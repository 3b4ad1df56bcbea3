"""One run at a time in a folder, and nothing that a killed run leaves behind."""

import signal
import subprocess
import sys

import pytest

from soak.errors import SoakError
from soak.lock import LOCK, hold, is_held

HOLD = "import sys, time; from pathlib import Path; from soak.lock import hold; hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_that_another_run_holds_is_refused(other, tmp_path):
    assert is_held(tmp_path)
    with pytest.raises(SoakError, match=rf"^another run is at work in {tmp_path} \(process {other.pid}\); wait"):
        hold(tmp_path)


def test_a_killed_run_holds_nothing(other, tmp_path):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert not is_held(tmp_path)
    hold(tmp_path)
    assert is_held(tmp_path)


def test_to_ask_makes_no_folder(tmp_path):
    assert not is_held(tmp_path)
    assert not (tmp_path / LOCK).parent.exists()
