# From predictions to tables: scores, statistics, verdicts.
TABLES = experiment.table_files
STATISTICS = [
    name
    for name in ("stats", "pvalues", "pvalues_downsample")
    if name in experiment.tables
]


TRANSFER = {  # the table of the transfer map, where there is one
    name: file
    for name, file in [
        ("transfer", table_in_report("transfer")),
        ("transfer_parquet", "results/tables/transfer.parquet"),
    ]
    if experiment.has_transfer
}


DATASETS = {  # how large the tasks are, and how long training took
    "datasets": table_in_report("datasets"),
    "datasets_parquet": "results/tables/datasets.parquet",
    "datasets_md": "results/tables/datasets.md",
    "datasets_tex": "results/tables/datasets.tex",
    "subset_rows": "results/scores/subset_rows.parquet",
    "times_of_training": "results/scores/times.parquet",
}


if cfg.tasks:

    rule datasets:
        input:
            data="results/tables/data.parquet",
            index=ancient("results/tasks/index.json"),
            times="results/tables/times.parquet",
            splits="results/tables/splits.parquet",
        output:
            **DATASETS,
        log:
            "results/logs/datasets.log",
        benchmark:
            "results/benchmarks/datasets.tsv"
        resources:
            mem_mb=growing(500),
            runtime=growing(5),
        params:
            subset_types=experiment.subset_types,
            csv_safe=cfg.figures.csv_safe,
            code=lambda w: experiment.code("datasets"),
        message:
            "How large and how even the data sets are"
        script:
            "../scripts/datasets.py"

    rule scores:
        input:
            packs=lambda w: experiment.all_packs(),
            index=ancient("results/tasks/index.json"),
            tasks=expand("results/tasks/{task}.arrow", task=cfg.tasks),
            splits=expand("results/tasks/{task}.splits.csv", task=cfg.tasks),
            folds=expand("results/tasks/{task}.folds.parquet", task=cfg.tasks),
            rows=expand("results/tasks/{task}.rows.parquet", task=cfg.tasks),
        output:
            **TRANSFER,
            scores=table_in_report("scores"),
            scores_parquet="results/tables/scores.parquet",
            fits=table_in_report("fits"),
            fits_parquet="results/tables/fits.parquet",
            times="results/tables/times.csv",
            times_parquet="results/tables/times.parquet",
            history="results/tables/history.parquet",
            reference="results/scores/reference.parquet",
            row_errors="results/scores/row_errors.parquet",
            predictions=directory(experiment.prediction_folders),
        log:
            "results/logs/scores.log",
        benchmark:
            "results/benchmarks/scores.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        params:
            tasks=lambda w: experiment.scored(),
            references=experiment.references,
            seed=cfg.seed.train,
            csv_safe=cfg.figures.csv_safe,
            code=lambda w: experiment.code("scores", (), experiment.user_measures()),
        message:
            "Scoring the predictions of all fits"
        script:
            "../scripts/scores.py"

else:

    rule import_scores:
        input:
            files=experiment.score_files,
        output:
            **DATASETS,
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
            tasks=[one.tasks for one in cfg.scores.values()],
            subset_types=experiment.subset_types,
            csv_safe=cfg.figures.csv_safe,
            code=lambda w: experiment.code("import_scores"),
        message:
            "Reading scores from elsewhere: {input.files}"
        script:
            "../scripts/import_scores.py"


rule stats:
    input:
        scores="results/tables/scores.parquet",
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
        alpha=cfg.verdict.alpha,
        csv_safe=cfg.figures.csv_safe,
        code=lambda w: experiment.code("stats"),
    message:
        "Means, standard deviations and P values over the folds"
    script:
        "../scripts/stats.py"


rule verdicts:
    input:
        scores="results/tables/scores.parquet",
        reference=["results/scores/reference.parquet"] if cfg.tasks else [],
        row_errors=["results/scores/row_errors.parquet"] if cfg.tasks else [],
        transfer=(
            ["results/tables/transfer.parquet"] if experiment.has_transfer else []
        ),
        notes=[] if cfg.tasks else ["results/tables/scores_notes.txt"],
    output:
        csv=table_in_report("verdicts"),
        parquet="results/tables/verdicts.parquet",
        summary=table_in_report("summary"),
        summary_more=expand(
            "results/tables/summary.{form}", form=["parquet", "md", "tex"]
        ),
        text="results/tables/verdicts.txt",
    log:
        "results/logs/verdicts.log",
    benchmark:
        "results/benchmarks/verdicts.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        verdict=as_params(cfg.verdict),
        references=experiment.references,
        labels=experiment.labels.as_params(),
        csv_safe=cfg.figures.csv_safe,
        code=lambda w: experiment.code("verdicts"),
    message:
        "May one train on one subset and predict on another?"
    script:
        "../scripts/verdicts.py"
