# From predictions to tables: scores, statistics, verdicts.
SIZES = any(cfg.resampling_of(task).sizes >= 0 for task in cfg.tasks) or bool(
    cfg.scores
)
STATISTICS = ["stats", "pvalues", *(["pvalues_downsample"] if SIZES else [])]
TABLES = expand(
    "results/tables/{name}.{format}",
    name=["scores", *STATISTICS, "verdicts"],
    format=["csv", "parquet"],
)
if cfg.tasks:
    TABLES += expand(
        "results/tables/{name}.{format}",
        name=["splits", "fold_counts", "fits", "times"],
        format=["csv", "parquet"],
    )
    TABLES += ["results/tables/folds.parquet", "results/tables/history.parquet"]


if cfg.tasks:

    rule scores:
        input:
            packs=pack_files,
            index=ancient("results/tasks/index.json"),
            tasks=expand("results/tasks/{task}.arrow", task=cfg.tasks),
            splits=expand("results/tasks/{task}.splits.csv", task=cfg.tasks),
            own=own_files(*own_measures()),
            code=code_of("soak.scores.scoring", "soak.tables"),
        output:
            scores=table_in_report("scores"),
            scores_parquet="results/tables/scores.parquet",
            fits=table_in_report("fits"),
            fits_parquet="results/tables/fits.parquet",
            times="results/tables/times.csv",
            times_parquet="results/tables/times.parquet",
            history="results/tables/history.parquet",
        log:
            "results/logs/scores.log",
        benchmark:
            "results/benchmarks/scores.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        params:
            tasks=asked_scores,
        message:
            "Scoring the predictions of all fits"
        script:
            "../scripts/scores.py"

else:

    rule import_scores:
        input:
            files=[one.file for one in cfg.scores.values()],
            code=code_of("soak.scores.published", "soak.tables"),
        output:
            scores=table_in_report("scores"),
            scores_parquet="results/tables/scores.parquet",
            notes="results/tables/scores_notes.txt",
        log:
            "results/logs/import_scores.log",
        benchmark:
            "results/benchmarks/import_scores.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            measures=cfg.measures,
        message:
            "Reading scores from elsewhere: {input.files}"
        script:
            "../scripts/import_scores.py"


rule stats:
    input:
        scores="results/tables/scores.parquet",
        code=code_of("soak.scores.summaries", "soak.tables"),
    output:
        [table_in_report(name) for name in STATISTICS],
        expand("results/tables/{name}.parquet", name=STATISTICS),
    log:
        "results/logs/stats.log",
    benchmark:
        "results/benchmarks/stats.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        names=STATISTICS,
    message:
        "Means, standard deviations and P values over the folds"
    script:
        "../scripts/stats.py"


rule verdicts:
    input:
        scores="results/tables/scores.parquet",
        stats="results/tables/stats.parquet",
        pvalues="results/tables/pvalues.parquet",
        fits=["results/tables/fits.parquet"] if cfg.tasks else [],
        notes=[] if cfg.tasks else ["results/tables/scores_notes.txt"],
        code=code_of(
            "soak.scores.verdicts", "soak.tables"
        ),
    output:
        csv=table_in_report("verdicts"),
        parquet="results/tables/verdicts.parquet",
        text="results/tables/verdicts.txt",
    log:
        "results/logs/verdicts.log",
    benchmark:
        "results/benchmarks/verdicts.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        verdict=settings(cfg.verdict),
        references=reference_algorithms(cfg),
    message:
        "May one train on one subset and predict on another?"
    script:
        "../scripts/verdicts.py"
