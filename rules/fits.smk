# Training: one fit per train set and learner, several of one task and learner in a job.


# The splits are inputs whose age does not count: what a fit depends on of them is the digest of its rows, a param. So is
# the code that it runs, which for other rules is among the inputs: twenty files in ten thousand jobs would be slow.
rule fit:
    input:
        task="results/tasks/{task}.arrow",
        folds=ancient("results/tasks/{task}.folds.parquet"),
        splits=ancient("results/tasks/{task}.splits.csv"),
        rows=ancient("results/tasks/{task}.rows.parquet"),
        index=ancient("results/tasks/index.json"),
        checked=lambda w: checks(w.task, w.learner),
    output:
        "results/fits/{task}/{learner}/{pack}.zip",
    log:
        "results/logs/fit/{task}/{learner}/{pack}.log",
    benchmark:
        "results/benchmarks/fit/{task}/{learner}/{pack}.tsv"
    threads: 1
    resources:
        mem_mb=pack_memory,
        runtime=pack_minutes,
        gpu=(lambda w: gpus(w.learner)) if cfg.execution.device == "cuda" else 0,
    params:
        learner=lambda w: learner_settings(w.learner),
        versions=lambda w: cfg.learners[w.learner].versions(),
        code=lambda w: fit_code(w.learner),
        train_sets=pack_train_sets,
        seed=cfg.seed.train,
        device=lambda w: device(w.learner),
    message:
        "Training {wildcards.learner} on {wildcards.task}, pack {wildcards.pack}"
    script:
        "../scripts/fit.py"


# The fits that single figures show, each one of its own: drawing never trains.


IMAGES = cfg.tutorial_dataset()
WHOLE_TASK = cfg.tutorial_task()
HISTORY = {kind: first_with_figure(f"history_{kind}") for kind in ("mlp", "graph")}


rule fit_torch_loop:
    input:
        data=f"results/data/{IMAGES}.arrow",
        code=code_of("soak.networks.tutorial", "soak.data.dataset"),
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
        versions=versions("torch", "numpy"),
    message:
        f"The tutorial's plain torch loop on {IMAGES}"
    script:
        "../scripts/fit_torch_loop.py"


rule fit_glmnet_path:
    input:
        data=f"results/data/{IMAGES}.arrow",
        code=code_of("soak.glmnet.tutorial", "soak.data.dataset"),
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
        versions=versions("glmstar", "numpy"),
    message:
        f"The tutorial's glmnet path on {IMAGES}"
    script:
        "../scripts/fit_glmnet_path.py"


rule fit_history:
    input:
        task=f"results/tasks/{WHOLE_TASK}.arrow",
        checked=lambda w: checks(WHOLE_TASK, HISTORY[w.kind]),
        code=lambda w: learner_code(["soak.fitting.run"], HISTORY[w.kind]),
    output:
        "results/fits/tutorial/history_{kind}.zip",
    log:
        "results/logs/fit_history/{kind}.log",
    benchmark:
        "results/benchmarks/fit_history/{kind}.tsv"
    wildcard_constraints:
        kind=names(kind for kind, name in HISTORY.items() if name and WHOLE_TASK),
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
        gpu=lambda w: gpus(HISTORY[w.kind]),
    params:
        learner=lambda w: learner_settings(HISTORY[w.kind]),
        name=lambda w: HISTORY[w.kind],
        versions=lambda w: cfg.learners[HISTORY[w.kind]].versions(),
        seed=cfg.seed.train,
        device=lambda w: device(HISTORY[w.kind]),
    message:
        f"Training {{params.name}} on all rows of {WHOLE_TASK}"
    script:
        "../scripts/fit_history.py"
