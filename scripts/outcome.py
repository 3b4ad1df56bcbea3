"""Rule outcome: the verdicts in plain words; an error that lists them if fits failed."""

from pathlib import Path

from soak.errors import SoakError
from soak.files import atomic
from soak.job import job
from soak.tables import read_table

with job(snakemake.log):
    for file in snakemake.input.get("fits", []):
        fits = read_table(file)
        failed = fits[fits["status"] == "failed"]
        if len(failed):
            lines = [f"{row.task_id}, {row.train_set}, {row.learner}: {row.reason}" for row in failed.itertuples()]
            raise SoakError(
                f"{len(failed)} of {len(fits)} fits failed; their scores are empty, all else is in results/report.html\n  "
                + "\n  ".join(lines)
            )
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(Path(snakemake.input.verdicts).read_text() + "Report: results/report.html\n")
