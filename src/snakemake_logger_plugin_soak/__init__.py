"""Logger plugin of Snakemake: on a terminal a line per step, and how many fits are done and left.

Chosen by ``logger: soak`` in profiles/default. Where the output is not a terminal, in dry runs and with ``--verbose``, Snakemake's own
output is shown. Its log file holds all of it in any case.
"""

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.base import LogHandlerBase

if TYPE_CHECKING:  # Snakemake imports all plugins at each start
    from rich.console import Console
    from rich.progress import TaskID

_PERIOD = 2.0  # seconds between two looks at the finished fits
_SEE_ABOVE = "Exiting because a job execution failed"
_FIT = "fit"  # the rule whose jobs are shown as a bar: there may be thousands


class LogHandler(LogHandlerBase):
    """Shows the events of a run."""

    def __post_init__(self) -> None:
        """Take the terminal, if there is one."""
        self.display = Display() if self.writes_to_stream else None

    def emit(self, record: logging.LogRecord) -> None:
        """Show an event."""
        if self.display is not None:
            self.display.show(str(getattr(record, "event", None)), record)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self.display is not None:
            self.display.stop()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """Whether this plugin shows the run, in the place of Snakemake's own output."""
        settings = self.common_settings
        return sys.stderr.isatty() and not (settings.dryrun or settings.verbose or settings.debug_dag or settings.quiet)

    @property
    def writes_to_file(self) -> bool:
        """It writes no file."""
        return False

    @property
    def has_filter(self) -> bool:
        """It takes all events."""
        return True

    @property
    def has_formatter(self) -> bool:
        """It formats events by itself."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It does not show the graph of rules."""
        return False


class Display:
    """Lines for finished steps, and two bars below them: all steps, and all fits.

    Parameters
    ----------
    console : rich.console.Console, optional
        Default standard error.
    """

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self.console = console or Console(stderr=True, highlight=False)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=self.console,
            transient=True,
        )
        self.steps = self.bars.add_task("steps", total=None, left="", visible=False)
        self.fits: TaskID | None = None
        self.started: dict[int, tuple[str, str]] = {}
        self.stopped = threading.Event()

    def show(self, event: str, record: logging.LogRecord) -> None:
        """Show an event: its name, and the record with its fields."""
        fields: dict[str, Any] = vars(record)
        match event:
            case "job_info":
                self._start(fields)
            case "job_finished":
                rule, message = self.started.pop(fields["job_id"], (_FIT, ""))
                if rule != _FIT:
                    self.bars.console.print(message, style="dim", markup=False, soft_wrap=True)
            case "progress":
                self.bars.start()
                self.bars.update(self.steps, completed=fields["done"], total=fields["total"], visible=True)
            case "job_error":
                self.bars.console.print(f"failed: {self._message(fields)}", style="red", markup=False, soft_wrap=True)
            case _ if record.getMessage().startswith(_SEE_ABOVE):
                pass  # what went wrong stands below
            case _ if record.levelno >= logging.WARNING and event != "error":  # errors come again, at the end
                self.bars.console.print(record.getMessage(), style="yellow", markup=False, soft_wrap=True)

    def _start(self, fields: dict[str, Any]) -> None:
        self.bars.start()
        self.started[fields["jobid"]] = fields["rule_name"], fields["rule_msg"] or fields["rule_name"]
        if fields["rule_name"] == _FIT and self.fits is None:
            self.fits = self.bars.add_task("fits", total=None, left="")
            threading.Thread(target=self._follow_fits, daemon=True).start()

    def _message(self, fields: dict[str, Any]) -> str:
        return self.started.get(fields["jobid"], ("", fields["rule_name"]))[1]

    def _follow_fits(self) -> None:
        """Count finished fits, also of packs that are not finished, until the run ends."""
        from soak.progress import counts, current, duration, seconds_left, unknown

        while not self.stopped.wait(_PERIOD):
            progress = current()
            if progress and self.fits is not None:
                done, total = counts(progress)
                at_once = sum(rule == _FIT for rule, _ in self.started.values())
                seconds = seconds_left(progress, at_once)
                left = "" if unknown(progress) or seconds < 1 else f"about {duration(seconds)} left"
                self.bars.update(self.fits, completed=done, total=total, left=left)

    def stop(self) -> None:
        """Take the bars off the terminal."""
        self.stopped.set()
        self.bars.stop()
