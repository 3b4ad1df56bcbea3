"""The lock that a killed Snakemake leaves behind: say so, and remove it when nothing runs any more.

    python -m soak.lock [DIR] [CONFIG]

Ends with 1, and one line, where another run is at work in DIR, or where DIR can be none of CONFIG's.
"""

import sys
from pathlib import Path

import psutil
import yaml


def main(directory: str, config: str = "") -> int:
    """Remove a stale lock of DIR; refuse where a live process holds it."""
    folder = Path(directory).resolve()
    if folder.is_file():
        hint = f"; the config is CONFIG={directory}" if folder.suffix in (".yaml", ".yml") else ""
        print(f"soak: DIR={directory} is a file; DIR is the folder where results/ goes{hint}", file=sys.stderr)
        return 1
    if not folder.exists() and (table := relative_table(config)):
        print(
            f"soak: DIR={directory}: there is no such folder ({folder}), and {config} asks for {table} in it",
            file=sys.stderr,
        )
        return 1
    locks = folder / ".snakemake" / "locks"
    held = list(locks.glob("*.lock")) if locks.is_dir() else []
    if not held:
        return 0
    working = processes(folder)
    engines = [process.pid for process in working if is_engine(process)]
    if engines:
        print(
            f"soak: another run is at work in {folder} (process {engines[0]}); wait for it, or end it", file=sys.stderr
        )
        return 1
    jobs = [process.pid for process in working]
    if jobs:
        print(
            f"soak: an earlier run was killed; {len(jobs)} of its jobs still run and are ended (they write to temporary "
            "names, so that nothing is half-written)",
            file=sys.stderr,
        )
        end(working)
    print(
        f"soak: an earlier run in {folder} was killed; its lock is removed, and it goes on from there", file=sys.stderr
    )
    for lock in held:
        lock.unlink(missing_ok=True)
    return 0


def relative_table(config: str) -> str | None:
    """The first table of a config that is looked for in DIR; None where there is none, or the config is no YAML."""
    try:
        raw = yaml.safe_load(Path(config).read_text())
        tables = [task.get("table") for task in raw["tasks"].values()]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):  # the run itself tells of it
        return None
    own = (name for name in tables if isinstance(name, str) and "://" not in name and not Path(name).is_absolute())
    return next(own, None)


def processes(folder: Path) -> list[psutil.Process]:
    """Live processes of Snakemake, or of one of its jobs, whose working directory is the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            ours = any(Path(word).name == "snakemake" or "/.snakemake/scripts/" in word for word in words)
            if ours and process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def is_engine(process: psutil.Process) -> bool:
    """Whether a process is Snakemake itself, not a job."""
    return not any("/.snakemake/scripts/" in word for word in process.cmdline())


def end(jobs: list[psutil.Process]) -> None:
    """End orphaned jobs, and wait until they are gone."""
    for job in jobs:
        job.terminate()
    _, alive = psutil.wait_procs(jobs, timeout=5)
    for job in alive:
        job.kill()


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["."])))
