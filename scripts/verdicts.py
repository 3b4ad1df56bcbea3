"""Rule verdicts: the answer per task and test subset, as a table and in plain words."""

from soak.files import atomic
from soak.job import job
from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import problems, read_notes, summary, verdicts
from soak.tables import TABLES, read_table, write_table

with job(snakemake.log):
    given, made, params = snakemake.input, snakemake.output, snakemake.params
    scores, stats = read_table(given.scores), read_table(given.stats)
    settings = VerdictSettings.model_validate(params.verdict)
    failed = set(scores["algorithm"]) - set(stats["algorithm"])
    table = verdicts(read_table(given.pvalues), stats, settings, references=params.references, failed=failed)
    write_table(TABLES["verdicts"], table, made.csv)
    notes = read_notes(given.get("notes", []))
    with atomic(made.text) as temporary:
        lines = [*summary(table), *notes, *problems(scores, settings.algorithm, params.references)]
        temporary.write_text("".join(f"{line}\n" for line in lines))
