# Figures: several in a process, since imports cost more than drawing. None of these rules trains anything.
FORMATS = [*cfg.figures.formats, "csv"]
FACTS = FigureFacts(
    has_datasets=bool(cfg.datasets),
    has_transposed=bool(TRANSPOSED),
    has_sizes=SIZES,
    histories={f"history_{kind}" for kind, name in HISTORY.items() if name},
)
IMAGE_TASKS = [task for task, one in cfg.tasks.items() if one.datasets]
OWN = {path.rpartition(".")[2]: path for path in cfg.figures.own}
FIGURES = [
    *figure_files("images"),
    *figure_files("training"),
    *figure_files("results"),
    *(file for task in IMAGE_TASKS for file in figure_files("predictions", task)),
    *expand("results/figures/own/{own}.{format}", own=OWN, format=FORMATS),
]

if figures_of(FACTS, "images"):

    rule draw_images:
        input:
            data=expand("results/data/{dataset}.arrow", dataset=cfg.datasets),
            code=figure_code("images"),
        output:
            in_report("images"),
        log:
            "results/logs/draw_images.log",
        benchmark:
            "results/benchmarks/draw_images.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=settings(cfg.figures),
            names=figure_names("images"),
            transposed={name: cfg.datasets[name].transpose_of for name in TRANSPOSED},
        message:
            "Drawing the first image of each class"
        script:
            "../scripts/draw_images.py"


if figures_of(FACTS, "training"):

    rule draw_training:
        input:
            torch_loop=(
                ["results/fits/tutorial/torch_loop.parquet"] if cfg.datasets else []
            ),
            glmnet_path=(
                ["results/fits/tutorial/glmnet_path.parquet"] if cfg.datasets else []
            ),
            histories=expand(
                "results/fits/tutorial/{name}.zip", name=sorted(FACTS.histories)
            ),
            history="results/tables/history.parquet",
            fits="results/tables/fits.parquet",
            code=figure_code("training"),
        output:
            in_report("training"),
        log:
            "results/logs/draw_training.log",
        benchmark:
            "results/benchmarks/draw_training.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=settings(cfg.figures),
            names=figure_names("training"),
            dataset=IMAGES,
            task=WHOLE_TASK,
            learner=HISTORY["graph"] or HISTORY["mlp"],
        message:
            "Drawing how single models learn"
        script:
            "../scripts/draw_training.py"


rule draw_results:
    input:
        scores="results/tables/scores.parquet",
        pvalues="results/tables/pvalues.parquet",
        downsampled=["results/tables/pvalues_downsample.parquet"] if SIZES else [],
        verdicts="results/tables/verdicts.parquet",
        code=figure_code("results"),
    output:
        in_report("results"),
    log:
        "results/logs/draw_results.log",
    benchmark:
        "results/benchmarks/draw_results.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        figures=settings(cfg.figures),
        names=figure_names("results"),
        focus=settings(cfg.focus),
        references=reference_algorithms(cfg),
    message:
        "Drawing test errors, same against other and all"
    script:
        "../scripts/draw_results.py"


rule draw_predictions:
    input:
        task="results/tasks/{task}.arrow",
        splits="results/tasks/{task}.splits.csv",
        index=ancient("results/tasks/index.json"),
        packs=lambda w: task_pack_files(w.task),
        verdicts="results/tables/verdicts.parquet",
        scores="results/tables/scores.parquet",
        code=figure_code("predictions"),
    output:
        in_report("predictions", "{task}"),
    log:
        "results/logs/draw_predictions/{task}.log",
    benchmark:
        "results/benchmarks/draw_predictions/{task}.tsv"
    wildcard_constraints:
        task=names(IMAGE_TASKS),
    resources:
        mem_mb=growing(1500),
        runtime=growing(15),
    params:
        figures=settings(cfg.figures),
        names=figure_names("predictions"),
    message:
        "Drawing what the models of {wildcards.task} confuse"
    script:
        "../scripts/draw_predictions.py"


# A figure of the user's own: a function in a file beside the config, named by its import path.
rule draw_own:
    input:
        tables=expand(
            "results/tables/{name}.parquet",
            name=["scores", "stats", "pvalues", "verdicts"],
        ),
        own=lambda w: own_files(OWN[w.own]),
        code=code_of("soak.figures.own", "soak.tables"),
    output:
        expand("results/figures/own/{{own}}.{format}", format=FORMATS),
    log:
        "results/logs/draw_own/{own}.log",
    benchmark:
        "results/benchmarks/draw_own/{own}.tsv"
    wildcard_constraints:
        own=names(OWN),
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        figures=settings(cfg.figures),
        function=lambda w: OWN[w.own],
    message:
        "Drawing {wildcards.own}, which is your own"
    script:
        "../scripts/draw_own.py"
