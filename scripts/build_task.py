"""Rule build_task: rows and roles to one task file that fits map into memory."""

from pathlib import Path

from soak.data.download import forgetting_unreadable
from soak.job import job
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.summary import data_lines
from soak.tasks.task import Task

with job(snakemake.log, snakemake.input, snakemake.output):
    settings = TaskSettings.model_validate(snakemake.params.settings)
    rows = [Path(path) for path in snakemake.input.get("rows", [])]
    with forgetting_unreadable(dict(zip(rows, settings.sources().values(), strict=False))):
        build_task(
            snakemake.wildcards.task,
            settings,
            dict(zip(settings.datasets, rows, strict=True)) if settings.datasets else (rows[0] if rows else None),
            Path(snakemake.output.task),
        )
    task = Task.open(snakemake.output.task)
    print(*data_lines(task, task.notes), sep="\n")
