"""Write the locks: every package that requirements.txt and dev.txt lead to, pinned with its hashes.

- lock.txt: all of requirements.txt, torch with CUDA on Linux too, for make setup TORCH=cuda;
- lock-cpu.txt: the same without torch and what only its CUDA build needs, for make setup. torch is then installed by its version, since its
  builds, which several indexes have, have different hashes;
- lock-dev.txt: those and dev.txt, to be installed over either.

make lock runs it, after a change of one of the two lists. It asks uv, which asks the package index, and leaves no trace of either.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LISTS = {
    "lock.txt": ["requirements.txt"],
    "lock-cpu.txt": ["requirements.txt"],
    "lock-dev.txt": ["requirements.txt", "dev.txt"],
}
OF_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
# with extras (coverage[toml]): without them pip takes the newest release that has the extra, and misses its hash
COMMAND = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
COMMAND += [
    "--no-strip-extras",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
]
HEAD = "# Made by make lock from {}: every package with its hashes{}. Any system, Python 3.11 or newer.\n"


def locked(lists: list[str], constraints: list[str]) -> list[str]:
    """The lock of some lists, a text per package: its version with its hashes."""
    given = [str(HERE / name) for name in lists]
    limits = [part for name in constraints for part in ("--constraint", str(HERE / name))]
    uv = Path(sys.executable).with_name(COMMAND[0])
    made = subprocess.run([uv, *COMMAND[1:], *limits, *given], check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.split(r"^(?=[A-Za-z0-9])", made, flags=re.M)


if __name__ == "__main__":
    done: list[str] = []
    for name, lists in LISTS.items():
        packages = locked(lists, done)
        has_torch = name == "lock.txt"
        text = "".join(one for one in packages if has_torch or not OF_TORCH.match(one))
        (HERE / name).write_text(HEAD.format(" and ".join(lists), "" if has_torch else ", but torch") + text)
        done.append(name)
