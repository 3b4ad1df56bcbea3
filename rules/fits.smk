# Training: one fit per train set and learner, several of one task and learner in a job.


def fit_code(*learners):
    """Library files that a fit of these learners runs."""
    modules = [module for name in learners for module in registry.modules(cfg.learners[name])]
    return code_of("soak.fitting.run", *modules)


def pack_train_sets(wildcards):
    """(name, digest of its rows) of each train set of a pack."""
    pack = packs(wildcards.task, wildcards.learner)[wildcards.pack]
    return [[one.name, one.digest] for one in pack.train_sets]


def pack_minutes(wildcards, attempt):
    pack = packs(wildcards.task, wildcards.learner)[wildcards.pack]
    return attempt * plan.minutes(cfg.learners[wildcards.learner], index()[wildcards.task], pack.train_sets)


def pack_memory(wildcards, attempt):
    told = index()[wildcards.task]
    learner = cfg.learners[wildcards.learner]
    return attempt * plan.memory_mb(learner, told.n_rows, told.n_features, told.n_outputs)


# The splits are inputs whose age does not count: what a fit depends on of them is the digest of its rows, a param.
rule fit:
    input:
        task="results/tasks/{task}.arrow",
        folds=ancient("results/tasks/{task}.folds.parquet"),
        splits=ancient("results/tasks/{task}.splits.csv"),
        rows=ancient("results/tasks/{task}.rows.parquet"),
        checked=ancient(expand("results/tasks/{task}.learners.json", task=cfg.tasks)),
        code=lambda w: fit_code(w.learner),
    output:
        "results/fits/{task}/{learner}/{pack}.zip",
    params:
        learner=lambda w: settings(cfg.learners[w.learner]),
        versions=lambda w: registry.packages(cfg.learners[w.learner]),
        train_sets=pack_train_sets,
        seed=cfg.seed.train,
        device=cfg.execution.device,
    log:
        "results/logs/fit/{task}/{learner}/{pack}.log",
    benchmark:
        "results/benchmarks/fit/{task}/{learner}/{pack}.tsv"
    threads: 1
    resources:
        mem_mb=pack_memory,
        runtime=pack_minutes,
    message:
        "Training {wildcards.learner} on {wildcards.task}, pack {wildcards.pack}: {params.train_sets}"
    script:
        "../scripts/fit.py"
