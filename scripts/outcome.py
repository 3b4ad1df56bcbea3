"""Rules outcome and tables_outcome: the verdicts in plain words; an error that lists them if fits failed."""

from pathlib import Path

from soak.errors import SoakError
from soak.files import atomic
from soak.job import job
from soak.tables import read_table

with job(snakemake.log, snakemake.input, snakemake.output):
    params = snakemake.params
    verdicts = Path(snakemake.input.verdicts).read_text(encoding="utf-8")
    for file in snakemake.input.get("fits", []):
        fits = read_table(file)
        failed = fits[fits["status"] == "failed"]
        if len(failed):
            shown = failed.iloc[:20].itertuples()
            lines = [f"{row.task_id}, {row.train_set}, {row.learner}: {row.reason}" for row in shown]
            lines += [f"… and {len(failed) - 20} more in results/tables/fits.csv"] if len(failed) > 20 else []
            raise SoakError(
                f"{len(failed)} of {len(fits)} fits failed; their scores are empty, all else is in {params.where}\n  "
                + "\n  ".join(lines)
                + f"\nWhat can be said without them:\n{verdicts}"
            )
    data = "".join(Path(file).read_text(encoding="utf-8") + "\n" for file in snakemake.input.get("data", []))
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(f"{data}{verdicts}{params.end}", encoding="utf-8")
