"""What went wrong in a run, told last on the terminal: what the jobs that failed said themselves, and no more."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from soak.config.read import place_message

INTERRUPTED = "soak: interrupted; the same command goes on from here"
_BLOCK = re.compile(r"^Error in rule (\w+):\n((?:^    .*\n)+)", flags=re.M)
_LAST = 15  # lines of a log without a message


def failures(
    log: str, directory: Path, config_files: Sequence[str | Path] = (), given: Sequence[str | Path] = ()
) -> str:
    """What the jobs that failed in a run have to say.

    Parameters
    ----------
    log : str
        What Snakemake's own log of the run holds.
    directory : path
        The run's folder.
    config_files, given : paths
        Where the config was read from, and these files as the command line names them: a message that begins with a
        key gets the file and line of it.

    Returns
    -------
    str
        Lines that begin with "soak: ", each once; of a job that left none, the end of its log.
    """
    if "Terminating processes on user request" in log:
        return INTERRUPTED
    said: dict[str, None] = {}
    for rule, files in failed_jobs(log):
        for file in files or [Path()]:
            said[place_message(_message(directory / file, rule), config_files, given)] = None
    return "\n".join(said)


def without_library(record: logging.LogRecord) -> bool:
    """A filter of Snakemake's log: the inputs of a job that failed without the library's own files, which are dozens.

    Examples
    --------
    >>> record = logging.makeLogRecord({"event": "job_error", "input": ["a.csv", "/soak/src/soak/job.py"]})
    >>> without_library(record), record.input
    (True, ['a.csv'])
    """
    if getattr(record, "event", None) == "job_error":
        record.input = [name for name in getattr(record, "input", None) or [] if "/src/soak/" not in str(name)]
    return True


def failed_jobs(log: str) -> list[tuple[str, list[Path]]]:
    """Rule and logs of each job that failed and was not finished by a later try, in order."""
    found: dict[str, tuple[str, list[Path]]] = {}
    for rule, block in _BLOCK.findall(log):
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, flags=re.M))
        names = fields.get("log", "").removesuffix(" (check log file(s) for error details)")
        found[fields.get("jobid", "")] = (rule, [Path(name) for name in names.split(", ") if name])
    finished = set(re.findall(r"^Finished jobid: (\d+)", log, flags=re.M))
    return [job for jobid, job in found.items() if jobid not in finished]


def _message(log: Path, rule: str) -> str:
    """All from the first line that begins with "soak: ", else the last lines."""
    text = log.read_text(errors="replace").strip() if log.is_file() else ""
    start = re.search(r"^soak: ", text, flags=re.M)
    if start:
        return text[start.start() :]
    last = "".join(f"\n  {line}" for line in text.splitlines()[-_LAST:])
    return f"soak: the job of rule {rule} ended without a message; the last lines of its log {log}:{last or ' none'}"
