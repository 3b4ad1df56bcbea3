"""Rule import_scores: scores from elsewhere, checked and in this project's columns; what was left out of them."""

from soak.files import atomic
from soak.job import job
from soak.scores.published import read_score_files
from soak.tables import TABLES, write_table

with job(snakemake.log):
    made, notes = snakemake.output, []
    scores = read_score_files(snakemake.input.files, snakemake.params.measures, notes)
    write_table(TABLES["scores"], scores, made.scores)
    with atomic(made.notes) as temporary:
        temporary.write_text("".join(f"{note}\n" for note in notes))
