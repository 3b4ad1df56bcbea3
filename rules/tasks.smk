# From data sets and tables to tasks, and from tasks to splits.


rule build_task:
    input:
        rows=lambda w: experiment.task_rows(w.task),
    output:
        task="results/tasks/{task}.arrow",
    log:
        "results/logs/build_task/{task}.log",
    benchmark:
        "results/benchmarks/build_task/{task}.tsv"
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        settings=lambda w: experiment.task_settings(w.task),
        code=lambda w: experiment.code("build_task"),
    message:
        "Building task {wildcards.task}"
    script:
        "../scripts/build_task.py"


rule make_splits:
    input:
        task="results/tasks/{task}.arrow",
    output:
        folds="results/tasks/{task}.folds.parquet",
        splits="results/tasks/{task}.splits.csv",
        train_sets="results/tasks/{task}.train_sets.csv",
        rows="results/tasks/{task}.rows.parquet",
    log:
        "results/logs/make_splits/{task}.log",
    benchmark:
        "results/benchmarks/make_splits/{task}.tsv"
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        resampling=lambda w: as_params(cfg.resampling_of(w.task)),
        seed=cfg.seed.resampling,
        code=lambda w: experiment.code("make_splits"),
    message:
        "Splitting task {wildcards.task} into folds, same, other and all"
    script:
        "../scripts/make_splits.py"


# All tasks are split before the first fit of any, so that what is wrong with data or config is reported before hours are spent.
checkpoint splits:
    input:
        tasks=expand("results/tasks/{task}.arrow", task=cfg.tasks),
        folds=expand("results/tasks/{task}.folds.parquet", task=cfg.tasks),
        splits=expand("results/tasks/{task}.splits.csv", task=cfg.tasks),
        train_sets=expand("results/tasks/{task}.train_sets.csv", task=cfg.tasks),
    output:
        index="results/tasks/index.json",
        splits="results/tables/splits.csv",
        splits_parquet="results/tables/splits.parquet",
        folds="results/tables/folds.parquet",
        counts="results/tables/fold_counts.csv",
        counts_parquet="results/tables/fold_counts.parquet",
        data=table_in_report("data"),
        data_parquet="results/tables/data.parquet",
        notes=table_in_report("data_notes"),
        notes_parquet="results/tables/data_notes.parquet",
        data_lines=local("results/tables/data.txt"),
    log:
        "results/logs/splits.log",
    benchmark:
        "results/benchmarks/splits.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        tasks=list(cfg.tasks),
        folds={task: cfg.resampling_of(task).folds for task in cfg.tasks},
        focus=as_params(cfg.focus),
        labels=experiment.labels.as_params(),
        unsettled=experiment.unsettled(),
        positive=experiment.positive,
        unscaled=experiment.unscaled,
        csv_safe=cfg.figures.csv_safe,
        code=lambda w: experiment.code("splits"),
    message:
        "Gathering the splits of all tasks"
    script:
        "../scripts/splits.py"


# A fit needs its own learner's check and no other. (Not as ancient(): where such an input is made again, Snakemake 9.27
# forgets the fit's own reasons to run again.) Priority: all checks are made before the first fit is begun, whose priority is seconds.
rule check_learner:
    input:
        task="results/tasks/{task}.arrow",
    output:
        "results/tasks/checked/{task}/{learner}.json",
    log:
        "results/logs/check_learner/{task}/{learner}.log",
    benchmark:
        "results/benchmarks/check_learner/{task}/{learner}.tsv"
    priority: 1_000_000
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        learner=lambda w: experiment.learner_params(w.learner),
        code=lambda w: experiment.learner_code("check_learner", w.learner),
    message:
        "Checking that {wildcards.learner} suits task {wildcards.task}"
    script:
        "../scripts/check_learner.py"
