# Training: one fit per train set and learner, several of one task and learner in a job.


# The splits are inputs whose age does not count: what a fit depends on of them is the digest of its rows, a param.
rule fit:
    input:
        task="results/tasks/{task}.arrow",
        folds=ancient("results/tasks/{task}.folds.parquet"),
        splits=ancient("results/tasks/{task}.splits.csv"),
        rows=ancient("results/tasks/{task}.rows.parquet"),
        index=ancient("results/tasks/index.json"),
        checked=lambda w: experiment.checks(w.task, w.learner),
    output:
        directory("results/fits/{task}/{learner}/{pack}"),
    log:
        "results/logs/fit/{task}/{learner}/{pack}.log",
    benchmark:
        "results/benchmarks/fit/{task}/{learner}/{pack}.tsv"
    priority: lambda w: experiment.pack_priority(w.task, w.learner, w.pack)
    threads: 1
    resources:
        mem_mb=lambda w, attempt: attempt * experiment.pack_memory_mb(w.task, w.learner),
        runtime=lambda w, attempt: attempt
        * experiment.pack_minutes(w.task, w.learner, w.pack),
        gpu=(
            (lambda w: experiment.gpus(w.learner))
            if cfg.execution.device == "cuda"
            else 0
        ),
        # Memory that does not suffice ends a job that has tries left, and fails the fit in the last one.
        attempt=lambda w, attempt: attempt,
        # No param: another limit of time does not fit again what has ended.
        fit_seconds=round(60 * (cfg.execution.fit_minutes or 0)),
    params:
        learner=lambda w: experiment.learner_params(w.learner),
        versions=lambda w: cfg.learners[w.learner].versions(),
        code=lambda w: experiment.learner_code("fit", w.learner),
        train_sets=lambda w: experiment.pack_train_sets(w.task, w.learner, w.pack),
        seed=cfg.seed.train,
        device=lambda w: experiment.device(w.learner),
    message:
        "Training {wildcards.learner} on {wildcards.task}, pack {wildcards.pack}"
    script:
        "../scripts/fit.py"


# The fits that single figures show, each in a job of its own: drawing never trains.


rule fit_torch_loop:
    input:
        f"results/data/{experiment.tutorial_dataset}.arrow",
    output:
        "results/fits/tutorial/torch_loop.parquet",
    log:
        "results/logs/fit_torch_loop.log",
    benchmark:
        "results/benchmarks/fit_torch_loop.tsv"
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        seed=cfg.tutorial.seed,
        rows=cfg.tutorial.rows,
        lr=cfg.tutorial.lr,
        versions=versions("torch", "numpy"),
        code=lambda w: experiment.code("fit_torch_loop"),
    message:
        f"The tutorial's plain torch loop on {experiment.tutorial_dataset}"
    script:
        "../scripts/fit_torch_loop.py"


rule fit_glmnet_path:
    input:
        f"results/data/{experiment.tutorial_dataset}.arrow",
    output:
        "results/fits/tutorial/glmnet_path.parquet",
    log:
        "results/logs/fit_glmnet_path.log",
    benchmark:
        "results/benchmarks/fit_glmnet_path.tsv"
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        rows=cfg.tutorial.rows,
        versions=versions("glmstar", "numpy"),
        code=lambda w: experiment.code("fit_glmnet_path"),
    message:
        f"The tutorial's glmnet path on {experiment.tutorial_dataset}"
    script:
        "../scripts/fit_glmnet_path.py"


rule fit_history:
    input:
        task=f"results/tasks/{experiment.tutorial_task}.arrow",
        checked=lambda w: experiment.checks(
            experiment.tutorial_task, experiment.histories[w.figure]
        ),
    output:
        directory("results/fits/tutorial/{figure}"),
    log:
        "results/logs/fit_history/{figure}.log",
    benchmark:
        "results/benchmarks/fit_history/{figure}.tsv"
    wildcard_constraints:
        figure=pattern(experiment.histories),
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
        gpu=lambda w: experiment.gpus(experiment.histories[w.figure]),
    params:
        name=lambda w: experiment.histories[w.figure],
        learner=lambda w: as_params(cfg.learners[experiment.histories[w.figure]]),
        versions=lambda w: cfg.learners[experiment.histories[w.figure]].versions(),
        code=lambda w: experiment.learner_code(
            "fit_history", experiment.histories[w.figure]
        ),
        seed=cfg.seed.train,
        device=lambda w: experiment.device(experiment.histories[w.figure]),
    message:
        f"Training {{params.name}} on all rows of {experiment.tutorial_task}"
    script:
        "../scripts/fit_history.py"
