"""What a run has written, by checksum: a file that is not what was written is never taken for a result.

Below results/.written/ lies a record for each output of a rule. A job compares its inputs with theirs before it reads them,
`python -m soak.commands.check` all files.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from soak.errors import SoakError
from soak.files import atomic, sha256

RESULTS = Path("results")
RECORDS = ".written"


@dataclass(frozen=True)
class Checksum:
    """Of a file of an output; ``name`` is "" for an output that is a file itself, else relative to its folder."""

    name: str
    size: int
    sha256: str


def note(outputs: Iterable[str | Path], run: str | Path = ".") -> None:
    """Record files and folders below results/ as they are now.

    Parameters
    ----------
    outputs : paths
        Relative to ``run``; others than those below results/ are left out.
    run : path
        The run's folder.
    """
    for output in map(Path, outputs):
        if (record := _record(output, run)) is not None:
            found = [_checksum(file, Path(run, output)) for file in _files(Path(run, output))]
            with atomic(record, sync=False) as temporary:
                lines = [f"{one.sha256} {one.size} {one.name}\n" for one in found]
                temporary.write_text("".join(lines), encoding="utf-8")


def forget(outputs: Iterable[str | Path]) -> None:
    """Remove the records of outputs that are about to be made again."""
    for output in map(Path, outputs):
        if (record := _record(output, ".")) is not None:
            record.unlink(missing_ok=True)


def problems(paths: Iterable[str | Path]) -> Iterator[str]:
    """A line for each file that is not what was written, or is missing, of outputs that have a record."""
    for path in map(Path, paths):
        expected = _noted(path)
        for one in expected or []:
            file = path / one.name if one.name else path
            if (problem := _problem(file, one)) is not None:
                yield f"{file}: {problem}: delete {path} and run again, which makes it anew"


def check(paths: Iterable[str | Path]) -> None:
    """Raise unless all of some outputs that have a record are what was written.

    Raises
    ------
    SoakError
        Names each file and the way out.
    """
    if found := list(problems(paths)):
        raise SoakError(*found)


def recorded() -> list[Path]:
    """All outputs that have a record, sorted."""
    folder = RESULTS / RECORDS
    return [RESULTS / file.relative_to(folder).with_suffix("") for file in sorted(folder.rglob("*.txt"))]


def remove_others(kept: Iterable[str | Path], *folders: str) -> list[Path]:
    """Remove what an earlier config's run has written into some folders of results/ and this one does not make.

    Files without a record are not the workflow's, and one that is no longer what was written may be somebody's work: both
    stay, with the folder of an output that they are in.

    Parameters
    ----------
    kept : paths
        Outputs of this config.
    folders : str
        Names of the folders, such as "figures".

    Returns
    -------
    list of Path
        What was removed.
    """
    current, removed = set(map(Path, kept)), []
    for output in recorded():
        if output in current or output.parts[1] not in folders:
            continue
        if _remove_unchanged(output):
            removed.append(output)
        forget([output])
    return removed


def _remove_unchanged(output: Path) -> bool:
    """Remove what is as it was written of an output that has a record; whether nothing is left of it."""
    for one in _noted(output) or []:
        file = output / one.name
        if _problem(file, one) is None:
            file.unlink()
    if output.is_dir() and not _files(output):
        shutil.rmtree(output)  # empty folders, and Snakemake's own mark
    return not output.exists()


def remove_damaged(path: str | Path) -> None:
    """Remove a file that is not what was written: a run makes it anew."""
    if next(problems([path]), None) is not None:
        Path(path).unlink(missing_ok=True)


def _record(output: Path, run: str | Path) -> Path | None:
    """Where the record of an output is; None if it is not below results/."""
    if output.parts[:1] != RESULTS.parts or len(output.parts) < 2:
        return None
    return Path(run, RESULTS, RECORDS, *output.parts[1:-1], f"{output.name}.txt")


def _noted(output: Path) -> list[Checksum] | None:
    """The record of an output; None if there is none, or it is damaged itself."""
    record = _record(output, ".")
    try:
        lines = record.read_text(encoding="utf-8").splitlines() if record is not None else []
        rows = [line.split(" ", 2) for line in lines]
        return [Checksum(name, int(size), digits) for digits, size, name in rows]
    except (OSError, ValueError):
        return None


def _files(output: Path) -> list[Path]:
    """The files of an output, without Snakemake's own."""
    if not output.is_dir():
        return [output] if output.exists() else []
    return sorted(file for file in output.rglob("*") if file.is_file() and file.name != ".snakemake_timestamp")


def _checksum(file: Path, output: Path) -> Checksum:
    name = "" if file == output else str(file.relative_to(output))
    return Checksum(name, file.stat().st_size, sha256(file))


def _problem(file: Path, expected: Checksum) -> str | None:
    try:
        size = file.stat().st_size
        if size != expected.size:
            return f"{'empty' if not size else f'{size} bytes'}, but {expected.size} were written"
        if sha256(file) != expected.sha256:
            return "its content is not what was written"
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None
