# The end: one report, and whether all went well.


rule report:
    input:
        tables=TABLES,
        figures=lambda w: [
            figure
            for figure in [*FIGURES, *experiment.measure_figure_files()]
            if figure.endswith(".png")
        ],
        pages=ancient("results/figures/pages"),  # drawn with the figures, which decide by their content
        raw=[f"results/raw/{owner}/{name}" for owner, name in experiment.sources],
        learners=(lambda w: experiment.all_checks()) if cfg.tasks else [],
        notes=[] if cfg.tasks else ["results/tables/scores_notes.txt"],
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        config=shown_settings(config),
        references=experiment.references,
        labels=experiment.labels.as_params(),
        code=lambda w: experiment.figure_code("report", *GROUPS),
        versions={
            "command": shown_command(),
            "commit": commit(ROOT),
        }
        | versions(
            "soak",
            "snakemake",
            "glmstar",
            "torch",
            "scikit-learn",
            "numpy",
            "pandas",
            "pyarrow",
            "matplotlib",
        ),
    message:
        "Writing results/report.html"
    script:
        "../scripts/report.py"


# Fails, when all else is made, if a fit failed: the run then ends with exit code 1 and the list.
rule outcome:
    input:
        fits=["results/tables/fits.parquet"] if cfg.tasks else [],
        verdicts="results/tables/verdicts.txt",
        data=[local("results/tables/data.txt")] if cfg.tasks else [],
        tables=TABLES,
        figures=FIGURES,
        measures=experiment.measure_figure_files,
        report="results/report.html",
    output:
        local("results/logs/outcome.txt"),
    log:
        "results/logs/outcome.log",
    benchmark:
        "results/benchmarks/outcome.tsv"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        where=lambda w: "results/report.html",
        end="Report: results/report.html\n",
        code=lambda w: experiment.code("outcome"),
    message:
        "Did all fits go well?"
    script:
        "../scripts/outcome.py"


# The same for those who ask for the tables alone.
rule tables_outcome:
    input:
        fits=["results/tables/fits.parquet"] if cfg.tasks else [],
        verdicts="results/tables/verdicts.txt",
        tables=TABLES,
    output:
        "results/logs/tables_outcome.txt",
    log:
        "results/logs/tables_outcome.log",
    benchmark:
        "results/benchmarks/tables_outcome.tsv"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        where=lambda w: "results/tables",
        end="",
        code=lambda w: experiment.code("outcome"),
    message:
        "Did all fits go well?"
    script:
        "../scripts/outcome.py"
