"""Building a task: its rows, features and roles in one Arrow file, with a schema beside it."""

from collections.abc import Mapping
from pathlib import Path

from soak.files import reporting_disk_errors
from soak.tasks.from_datasets import task_from_datasets
from soak.tasks.from_table import task_from_table
from soak.tasks.settings import BUILTIN_PREFIX, TaskSettings


def build_task(
    name: str,
    settings: TaskSettings,
    paths: Mapping[str, str | Path] | str | Path | None,
    out_arrow: str | Path,
    out_schema: str | Path,
) -> None:
    """Build a task and write it with its schema.

    Parameters
    ----------
    name : str
        Of the task.
    settings : TaskSettings
    paths : mapping of data set name to its Arrow file, or the path of the table (None: built-in)
        Whichever the settings ask for.
    out_arrow, out_schema : path
        The task (see `soak.tasks.task.Task`), and a JSON file with types, counts and ranges.

    Raises
    ------
    SoakError
        Data that the task cannot be made of. Nothing is written then.
    """
    arrow, schema = Path(out_arrow), Path(out_schema)
    with reporting_disk_errors(arrow):
        if isinstance(paths, Mapping):
            task_from_datasets(name, settings, paths, arrow, schema)
        elif settings.table is not None and settings.table.startswith(BUILTIN_PREFIX):
            task_from_table(name, settings, None, settings.table, arrow, schema)
        else:
            assert paths is not None
            where = settings.sources()["table"].label(paths)
            task_from_table(name, settings, paths, where, arrow, schema)
