# Figures: several in a process, since imports cost more than drawing. None of these rules trains anything.
FORMATS = [*cfg.figures.formats, "csv"]
DRAWN = {
    "images": (
        ["images", *(["images_rot"] if TRANSPOSED else [])] if cfg.datasets else []
    ),
    "training": [
        *(["torch_loop", "glmnet_path"] if cfg.datasets else []),
        *(["history_mlp"] if HISTORY["mlp"] else []),
        *(["history_graph"] if HISTORY["graph"] else []),
        *(["history_selected"] if HISTORY["graph"] or HISTORY["mlp"] else []),
    ],
    "results": [
        "test_error",
        "test_error_mean_sd",
        "train_other",
        "same_other_all",
        "pvalue",
        "overview",
        *(["pvalue_downsample", "sizes"] if SIZES else []),
    ],
}
IMAGE_TASKS = [task for task, one in cfg.tasks.items() if one.datasets]
PREDICTION_FILES = expand(
    "results/figures/{kind}_{{task}}.{format}",
    kind=["confusion", "worst_images", "weights"],
    format=FORMATS,
)
OWN = {path.rpartition(".")[2]: path for path in cfg.figures.own}
FIGURES = [
    *figure_files("images", "training", "results"),
    *expand(PREDICTION_FILES, task=IMAGE_TASKS),
    *expand("results/figures/own/{own}.{format}", own=OWN, format=FORMATS),
]

if DRAWN["images"]:

    rule draw_images:
        input:
            data=expand("results/data/{dataset}.arrow", dataset=cfg.datasets),
            captions=captions(figure_files("images")),
            code=code_of("soak.figures.images", "soak.data.dataset"),
        output:
            in_report(figure_files("images"), "Data"),
        log:
            "results/logs/draw_images.log",
        benchmark:
            "results/benchmarks/draw_images.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=settings(cfg.figures),
            transposed={name: cfg.datasets[name].transpose_of for name in TRANSPOSED},
        message:
            "Drawing the first image of each class"
        script:
            "../scripts/draw_images.py"


if DRAWN["training"]:

    rule draw_training:
        input:
            torch_loop=(
                ["results/fits/tutorial/torch_loop.parquet"] if cfg.datasets else []
            ),
            glmnet_path=(
                ["results/fits/tutorial/glmnet_path.parquet"] if cfg.datasets else []
            ),
            history_mlp=(
                ["results/fits/tutorial/history_mlp.zip"] if HISTORY["mlp"] else []
            ),
            history_graph=(
                ["results/fits/tutorial/history_graph.zip"] if HISTORY["graph"] else []
            ),
            history="results/tables/history.parquet",
            fits="results/tables/fits.parquet",
            captions=captions(figure_files("training")),
            code=code_of(
                "soak.figures.training", "soak.figures.nothing", "soak.fitting.record"
            ),
        output:
            in_report(figure_files("training"), "Learning curves"),
        log:
            "results/logs/draw_training.log",
        benchmark:
            "results/benchmarks/draw_training.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=settings(cfg.figures),
            dataset=IMAGES,
            task=WHOLE_TASK,
            selected=HISTORY["graph"] or HISTORY["mlp"],
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
        captions=captions(figure_files("results")),
        code=code_of(
            *(
                f"soak.figures.{name}"
                for name in (
                    "test_error",
                    "focus",
                    "comparisons",
                    "overview",
                    "sizes",
                    "nothing",
                )
            )
        ),
    output:
        in_report(figure_files("results"), "Results"),
    log:
        "results/logs/draw_results.log",
    benchmark:
        "results/benchmarks/draw_results.tsv"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        figures=settings(cfg.figures),
        focus=settings(cfg.focus),
        names=DRAWN["results"],
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
        captions=captions(PREDICTION_FILES),
        code=code_of(
            "soak.figures.models",
            "soak.figures.predictions",
            "soak.figures.nothing",
            "soak.fitting.record",
            "soak.tables",
        ),
    output:
        in_report(PREDICTION_FILES, "Predictions"),
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
