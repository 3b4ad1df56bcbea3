"""Rule report: everything that a run found, in one file."""

import json
import platform
from pathlib import Path

from soak.files import sha256
from soak.job import job
from soak.labels import Labels
from soak.report.write import write_report
from soak.scores.notes import read_notes
from soak.tables import TABLES, read_table

with job(snakemake.log, snakemake.input, snakemake.output):
    given, params = snakemake.input, snakemake.params
    files = {Path(file).stem: file for file in given.tables}
    networks: dict[str, dict] = {}
    for file in map(Path, given.learners):  # …/TASK/LEARNER.json
        networks.setdefault(file.parent.name, {})[file.stem] = json.loads(file.read_text(encoding="utf-8"))
    write_report(
        snakemake.output[0],
        tables={
            name: read_table(files[name]) for name, table in TABLES.items() if name in files and "csv" in table.formats
        },
        figures=given.figures,
        config=params.config,
        references=params.references,
        networks=networks,
        notes=read_notes(given.get("notes", [])),
        facts={
            "Python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            **params.versions,
            **{f"SHA-256 of {'/'.join(Path(file).parts[-2:])}": sha256(file) for file in given.get("raw", [])},
        },
        labels=Labels(**params.labels),
    )
