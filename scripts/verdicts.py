"""Rule verdicts: the answer per task and test subset, as a table and in plain words."""

from soak.files import atomic
from soak.job import job
from soak.scores.notes import notes_on, problems, read_notes
from soak.scores.sentences import terminal
from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import verdicts
from soak.tables import TABLES, read_table, write_table

with job(snakemake.log):
    given, made, params = snakemake.input, snakemake.output, snakemake.params
    scores, settings = read_table(given.scores), VerdictSettings.model_validate(params.verdict)
    reference, row_errors = (
        read_table(file[0]) if (file := given.get(name)) else None for name in ("reference", "row_errors")
    )
    table = verdicts(scores, settings, references=params.references, reference=reference, row_errors=row_errors)
    write_table(TABLES["verdicts"], table, made.csv)
    lines = [
        *read_notes(given.get("notes", [])),
        *problems(scores, settings.algorithm, params.references),
        *notes_on(table, scores, settings.alpha),
    ]
    with atomic(made.text) as temporary:
        temporary.write_text("\n".join([*([terminal(table, scores)] if len(table) else []), *lines, ""]))
