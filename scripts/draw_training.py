"""Rule draw_training: how single models learn, from the fits that were kept for it."""

from pathlib import Path

from soak.figures.nothing import nothing
from soak.figures.output import FigureFolder
from soak.figures.settings import FigureSettings
from soak.figures.training import glmnet_path, history, torch_loop
from soak.fitting.record import read_pack
from soak.job import job
from soak.tables import read_table

with job(snakemake.log):
    given, params = snakemake.input, snakemake.params
    folder = FigureFolder(Path(snakemake.output[0]).parent, FigureSettings.model_validate(params.figures))
    for file in given.get("torch_loop", []):
        torch_loop(read_table(file), folder, params.dataset)
    for file in given.get("glmnet_path", []):
        path = read_table(file)
        if path.empty:
            nothing("glmnet_path", folder, "glmnet refused these rows; results/logs/fit_glmnet_path.log says why.")
        else:
            glmnet_path(path, folder, params.dataset)
    for name in ("history_mlp", "history_graph"):
        for file in given.get(name, []):
            (record,) = read_pack(file, "history")
            if "history" in record.tables:
                curves = record.tables["history"].to_pandas()
                history(curves, record.info.get("selected_epochs"), name, folder, f"{record.learner}, {record.task}")
            else:
                nothing(name, folder)
    if params.selected:
        curves = read_table(given.history)
        curves = curves[curves["algorithm"] == params.selected]
        first = curves.iloc[:1]
        for row in first.itertuples():
            fits = read_table(given.fits)
            (fit,) = fits[
                (fits["task_id"] == row.task_id)
                & (fits["train_set"] == row.train_set)
                & (fits["learner"] == params.selected)
            ].itertuples()
            one = curves[(curves["task_id"] == row.task_id) & (curves["train_set"] == row.train_set)]
            what = f"{row.algorithm}, {row.task_id}, {row.train_set}"
            history(one[["epoch", "set", "measure", "value"]], fit.selected_epochs, "history_selected", folder, what)
        if first.empty:
            nothing("history_selected", folder)
