"""Write envs/lock.txt and envs/lock-dev.txt: every package that requirements.txt and dev.txt lead to, pinned with its hashes.

make lock runs it, after a change of one of the two lists. It asks uv, which asks the package index, and leaves no trace of either.
torch and what only its CUDA build needs are left out: which build is right depends on the machine, each has other hashes, and
torch pins the rest itself. make setup installs it by its version, after the packages that are locked.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LISTS = {"lock.txt": ["requirements.txt"], "lock-dev.txt": ["requirements.txt", "dev.txt"]}
OF_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
COMMAND = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
COMMAND += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
HEAD = "# Made by make lock from {}: every package with its hashes, but torch. Any system, Python 3.11 or newer.\n"


def locked(lists: list[str], constraints: list[str]) -> str:
    """The lock of some lists as text, without torch."""
    given = [str(HERE / name) for name in lists]
    limits = [part for name in constraints for part in ("--constraint", str(HERE / name))]
    uv = Path(sys.executable).with_name(COMMAND[0])
    made = subprocess.run([uv, *COMMAND[1:], *limits, *given], check=True, stdout=subprocess.PIPE, text=True).stdout
    parts = re.split(r"^(?=[A-Za-z0-9])", made, flags=re.M)
    return "".join(part for part in parts if not OF_TORCH.match(part))


if __name__ == "__main__":
    done: list[str] = []
    for name, lists in LISTS.items():
        text = locked(lists, done)
        (HERE / name).write_text(HEAD.format(" and ".join(lists)) + text)
        done.append(name)
