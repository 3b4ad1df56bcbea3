# SOAK: are the subsets of a table similar enough to train on one and predict on another?
# This file is a table of contents: the config, the rules, the targets.
from snakemake.utils import min_version

min_version("9.0")


# A config stands alone: the embedded default is read only if no other is given.
if not workflow.overwrite_configfiles and not {"tasks", "scores"} & config.keys():

    configfile: str(workflow.current_basedir.join("config/config.yaml"))


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/tasks.smk"
include: "rules/fits.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


# Seconds each, and the network: these run where Snakemake runs, also where the other rules are jobs of a cluster.
localrules:
    all,
    tables,
    figures,
    data,
    tasks,
    download,
    splits,
    stats,
    verdicts,
    outcome,
    tables_outcome,


rule all:
    default_target: True
    input:
        experiment.intermediate_files,
        TABLES,
        FIGURES,
        experiment.measure_figure_files,
        rules.report.output,
        local("results/logs/outcome.txt"),
    message:
        "All is made"


rule tables:
    input:
        experiment.intermediate_files,
        TABLES,
        rules.tables_outcome.output,
    message:
        "All tables are made"


rule figures:
    input:
        experiment.intermediate_files,
        FIGURES,
        experiment.measure_figure_files,
    message:
        "All figures are drawn"


rule data:
    input:
        expand("results/data/{dataset}.arrow", dataset=experiment.config.datasets),
    message:
        "All data sets are decoded"


rule tasks:
    input:
        expand("results/tasks/{task}.arrow", task=experiment.config.tasks),
    message:
        "All tasks are built"


onstart:
    from soak.fitting.supervision import tell_jobs

    hold_folder()
    tell_jobs(workflow.execution_settings.retries)


onsuccess:
    forget(experiment.config.tasks)
    remove_old()
    show_outcome()


onerror:
    show_failures()
