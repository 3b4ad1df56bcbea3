"""Rule verdicts: the answer per task and test subset, as a table and in plain words."""

from soak.errors import printable
from soak.files import atomic
from soak.job import job
from soak.labels import Labels
from soak.scores.notes import notes_on, problems, read_notes
from soak.scores.printed import PRINTED, summary
from soak.scores.sentences import terminal, wrapped_note
from soak.scores.settings import VerdictSettings
from soak.scores.transfer import sentences
from soak.scores.verdicts import verdicts
from soak.tables import TABLES, read_table, write_table

with job(snakemake.log, snakemake.input, snakemake.output):
    given, made, params = snakemake.input, snakemake.output, snakemake.params
    labels = Labels(**params.labels)
    scores, settings = labels.shown(read_table(given.scores)), VerdictSettings.model_validate(params.verdict)
    settings = settings.model_copy(update={"algorithm": labels.algorithm(settings.algorithm)})
    references = list(map(labels.algorithm, params.references))
    reference, row_errors = (
        labels.shown(read_table(file[0])) if (file := given.get(name)) else None for name in ("reference", "row_errors")
    )
    with labels.measured():
        table = verdicts(scores, settings, references=references, reference=reference, row_errors=row_errors)
        lines = [
            *read_notes(given.get("notes", [])),
            *problems(scores, settings.algorithm, references),
            *notes_on(table, scores, settings.alpha),
        ]
        maps = sentences(labels.shown(read_table(given.transfer[0])), table, references) if given.transfer else {}
        printed = summary(table, scores)
        text = [terminal(table, scores, maps)] if len(table) else []
    write_table(TABLES["verdicts"], labels.stored(table), made.csv, csv_safe=params.csv_safe)
    people = printed.rename(columns=PRINTED)
    write_table(TABLES["summary"], printed, made.summary, people, csv_safe=params.csv_safe)
    with atomic(made.text) as temporary:
        temporary.write_text(printable("\n".join([*text, *map(wrapped_note, lines), ""])), encoding="utf-8")
