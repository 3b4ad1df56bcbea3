# The config, checked while it is read, and what hooks and several rules share.
import atexit
import os
import sys
from pathlib import Path

from snakemake.logging import logger

import soak

ROOT = Path(str(workflow.current_basedir)).parent
# (A job on a machine without a common disk has the rules and scripts, which Snakemake brings, and the library of its image.)
BESIDE = (ROOT / "src" / "soak").resolve()
if Path(soak.__file__).resolve().parent != BESIDE and (
    workflow.is_main_process or BESIDE.is_dir()
):
    sys.exit(
        f"soak: this Snakefile is in {ROOT}, but the library soak of this environment is in "
        f"{Path(soak.__file__).parent}; use the environment that make setup makes beside the Snakefile"
    )

from soak import lock, progress
from soak.config.read import config_files, place_message, refuse_files
from soak.data.sources import shown_settings
from soak.errors import SoakError
from soak.config.check import load_config
from soak.experiment import INDEX, Experiment, as_params, growing, pattern
from soak.files import folder_problem
from soak.fitting.record import forget
from soak.run_log import RunLog
from soak.figures.catalog import GROUPS
from soak.provenance import commit, versions
from soak.tables import TABLES as TABLE_RECORDS
from soak.written import remove_damaged, remove_others

CONFIG_FILES = workflow.overwrite_configfiles or workflow.configfiles
if workflow.is_main_process:
    if problem := folder_problem(Path.cwd()):
        sys.exit(f"soak: {problem}")
    if (
        Path(workflow.main_snakefile).parent == ROOT
    ):  # within another workflow the config is that one's
        refuse_files(CONFIG_FILES)  # also those that no workflow profile has seen


def local_copy(file):
    """Path of an output on this machine; of one in an object storage that of a copy, fetched if it is not there."""
    if file.is_storage and not Path(file).exists():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        file.storage_object.retrieve_object()
    return str(file)


def split_files():
    """Outputs of checkpoint splits: in the main process once they are made.

    A job has those that it needs; get() would want all of them on its machine, also those that stay where Snakemake runs.
    """
    if workflow.is_main_process:
        return checkpoints.splits.get().output
    output, _ = checkpoints.splits.rule.expand_output({})
    return output


try:
    experiment = Experiment(
        load_config(
            config,
            CONFIG_FILES,
            config_files(sys.argv),
            in_job=not workflow.is_main_process,
        ),
        scripts=ROOT / "scripts",
        wait_for_index=lambda: local_copy(split_files().index),
    )
except SoakError as error:
    sys.exit(f"soak: {error}")


if workflow.is_main_process:
    remove_damaged(
        INDEX
    )  # Snakemake reads it to find the fits, and makes it anew if it is missing


def show_data():
    """What the tasks became, before the first fit."""
    text = Path("results/tables/data.txt").read_text(encoding="utf-8")
    print(f"\n{text}", file=sys.stderr)


cfg = experiment.config
run_log = RunLog({"splits": show_data})
logger.addHandler(run_log)
progress.watch(experiment)


wildcard_constraints:
    task=pattern(cfg.tasks),
    learner=pattern(cfg.learners),
    pack=r"\d+",


def shown_command():
    """The command of a run of this config, without what is of this machine."""
    files = " ".join(Path(file).name for file in CONFIG_FILES)
    return f"snakemake --cores N --directory DIR{f' --configfile {files}' if files else ''}"


def table_in_report(name):
    """The CSV file of a table, which Snakemake's own report (snakemake --report FILE) shows too."""
    labels = {"table": name, "what it holds": TABLE_RECORDS[name].title}
    return report(f"results/tables/{name}.csv", category="Tables", labels=labels)


def figures_in_report(group, task="", measure=""):
    """Files of the figures of a group; the PNG ones are shown in Snakemake's own report, with heading and caption.

    Snakemake fills in the wildcards of headings, not of captions: figures of single tasks share that of the first task.
    """
    files = {file: file for file in experiment.figure_files(group, task, measure)}
    figures = experiment.measure_figures if measure else experiment.figures
    for figure in figures(group):
        png = f"results/figures/{figure.file_name(task or measure)}.png"
        name = figure.file_name(experiment.image_tasks[0] if task else "")
        files[png] = report(
            png,
            caption=str(Path(f"results/figures/captions/{name}.rst").resolve()),
            category=figure.category,
            labels={
                "figure": (
                    f"{figure.title}: {measure}" if measure else figure.heading(task)
                )
            },
        )
    return list(files.values())


def views_in_report():
    """Files of the config's views; the PNG ones are shown in Snakemake's own report, with heading and caption."""
    files = {file: file for file in experiment.view_files}
    for name in cfg.figures.views:
        png = f"results/figures/{name}.png"
        files[png] = report(
            png,
            caption=str(Path(f"results/figures/captions/{name}.rst").resolve()),
            category="Results",
            labels={"figure": experiment.view_title(name)},
        )
    return list(files.values())


def hold_folder():
    """One run at a time in a folder."""
    try:
        lock.hold(Path.cwd())
    except SoakError as error:
        sys.exit(f"soak: {error}")


def remove_old():
    """Figures, tables and predictions of an earlier config do not stay beside those of this one."""
    if "outcome" in run_log.finished:
        made = [*experiment.shown_files(), *experiment.prediction_folders]
        remove_others(made, "figures", "tables", "predictions")


def show_outcome():
    """The verdicts in plain words, at the end of a run that has come to them; make shows them itself."""
    if "outcome" in run_log.finished and "SOAK_MAKE" not in os.environ:
        text = Path("results/logs/outcome.txt").read_text(encoding="utf-8")
        print(f"\n{text}", file=sys.stderr)


def show_failures():
    """What the failed jobs have to say, below all that Snakemake says of them itself."""
    text = run_log.messages(
        Path.cwd(),
        lambda message: place_message(message, CONFIG_FILES, config_files(sys.argv)),
    )
    atexit.register(lambda: print(f"\n{text}", file=sys.stderr))
