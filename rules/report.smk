# The end: one report, and whether all went well.


rule report:
    input:
        tables=TABLES,
        figures=[figure for figure in FIGURES if figure.endswith(".png")],
        learners=all_checks if cfg.tasks else [],
        notes=[] if cfg.tasks else ["results/tables/scores_notes.txt"],
        code=code_of("soak.report.write", *figure_modules()),
        parts=[
            str(ROOT / "src/soak/report" / part)
            for part in (
                "template.html.j2",
                "style.css",
                "report.js",
                "vendor/vega.js",
            )
        ],
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
        config=config,
        references=reference_algorithms(cfg),
        versions=versions(
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
        tables=TABLES,
        figures=FIGURES,
        report="results/report.html",
        code=code_of("soak.tables"),
    output:
        "results/logs/outcome.txt",
    log:
        "results/logs/outcome.log",
    benchmark:
        "results/benchmarks/outcome.tsv"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    message:
        "Did all fits go well?"
    script:
        "../scripts/outcome.py"
