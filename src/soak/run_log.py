"""What has happened in a run, from Snakemake's events: which rules ran, and what the failed jobs have to say."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from soak.errors import printable, without_secrets

INTERRUPTED = "soak: interrupted; the same command goes on from here"
_LAST_LINES = 15  # shown of a log without a message
_BY_JOBS = ("RuleException", "CalledProcessError", "SpawnedJobError", "WorkflowError")  # repeat that a job has failed


@dataclass(frozen=True)
class FailedJob:
    """A job that failed, as Snakemake reports it.

    Attributes
    ----------
    logs : tuple of str
        Its log files, relative to the run's folder.
    """

    rule: str
    logs: tuple[str, ...]


class RunLog(logging.Handler):
    """Collects what happens in a run from the events that Snakemake logs.

    Parameters
    ----------
    on_finished : mapping of str to function, optional
        Called after a job of a rule is finished.

    Attributes
    ----------
    finished : set of str
        Rules of which a job was finished.
    failed : dict of int to FailedJob
        Failed jobs by number; one that a later attempt finishes is not among them.
    errors : list of str
        Errors of Snakemake's own.
    """

    def __init__(self, on_finished: Mapping[str, Callable[[], None]] | None = None) -> None:
        super().__init__()
        self._on_finished = on_finished or {}
        self.finished: set[str] = set()
        self.failed: dict[int, FailedJob] = {}
        self.errors: list[str] = []
        self._rules: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a job that is started, finished or failed, or of an error of Snakemake's own."""
        fields = vars(record)
        match str(fields.get("event")):
            case "job_info":
                self._rules[fields["jobid"]] = fields["rule_name"]
            case "job_error":
                self._add(fields)
            case "group_error":
                for job in fields.get("job_error_info", ()):
                    self._add(job)
            case "job_finished":
                self.failed.pop(fields["job_id"], None)
                rule = self._rules.get(fields["job_id"], "")
                self.finished.add(rule)
                if rule in self._on_finished:
                    self._on_finished[rule]()
            case "error" if fields.get("exception") not in _BY_JOBS:
                self.errors.append(" ".join(record.getMessage().split()))

    def _add(self, job: dict[str, object]) -> None:
        logs = job.get("log")
        names = tuple(map(str, logs)) if isinstance(logs, list | tuple) else ()
        self.failed[int(str(job["jobid"]))] = FailedJob(str(job["rule_name"]), names)

    def messages(self, directory: Path, with_place: Callable[[str], str] = str) -> str:
        """What the failed jobs have to say, each line once.

        Parameters
        ----------
        directory : path
            The run's folder.
        with_place : function
            Puts file and line of the config before a message that begins with a config key.

        Returns
        -------
        str
            Messages that begin with "soak: "; for a job whose log holds none, the end of the log. If no job has failed, the
            run was interrupted.
        """
        messages = [_message(job, directory / name) for job in self.failed.values() for name in job.logs or [""]]
        messages += [f"soak: Snakemake: {error}" for error in self.errors]
        lines = [with_place(message) for message in messages if message != INTERRUPTED]
        return printable(without_secrets("\n".join(dict.fromkeys(lines)))) or INTERRUPTED


def _message(job: FailedJob, log: Path) -> str:
    """All of a job's log from the first line that begins with "soak: ", else its last lines."""
    text = log.read_text(encoding="utf-8", errors="replace").strip() if log.is_file() else ""
    start = re.search(r"^soak: ", text, flags=re.M)
    if start:
        return text[start.start() :]
    last = "".join(f"\n  {line}" for line in text.splitlines()[-_LAST_LINES:])
    return (
        f"soak: the job of rule {job.rule} ended without a message; the last lines of its log {log}:{last or ' none'}"
    )
