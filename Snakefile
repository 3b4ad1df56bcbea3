# SOAK: are the subsets of a table similar enough to train on one and predict on another?
# This file is a table of contents: the config, the rules, the targets.
import gc
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

ROOT = Path(str(workflow.current_basedir))

# A graph of ten thousand jobs is millions of small objects that stay: not to be searched for garbage again and again.
gc.set_threshold(200_000, 50, 1000)


# A config stands alone: the embedded default is read only if no other is given.
if not workflow.overwrite_configfiles and not {"tasks", "scores"} & config.keys():

    configfile: str(ROOT / "config" / "config.yaml")


include: "rules/common.smk"
include: "rules/functions.smk"
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


rule all:
    default_target: True
    input:
        made_before,
        TABLES,  # asked for by name too, so that what was deleted is made again
        FIGURES,
        rules.report.output,
        rules.outcome.output,
    message:
        "All is made"


rule tables:
    input:
        made_before,
        TABLES,
    message:
        "All tables are made"


rule figures:
    input:
        made_before,
        FIGURES,
    message:
        "All figures are drawn"


rule data:
    input:
        expand("results/data/{dataset}.arrow", dataset=cfg.datasets),
    message:
        "All data sets are decoded"


rule tasks:
    input:
        expand("results/tasks/{task}.arrow", task=cfg.tasks),
    message:
        "All tasks are built"


onsuccess:
    tell_outcome()


onerror:
    tell_failures(log)
