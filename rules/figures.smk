# Figures: several in a process, since imports cost more than drawing. None of these rules trains anything.
FIGURES = experiment.all_figure_files

if experiment.figures("images"):

    rule draw_images:
        input:
            data=expand("results/data/{dataset}.arrow", dataset=cfg.datasets),
        output:
            figures_in_report("images"),
        log:
            "results/logs/draw_images.log",
        benchmark:
            "results/benchmarks/draw_images.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=as_params(cfg.figures),
            names=[figure.name for figure in experiment.figures("images")],
            code=lambda w: experiment.figure_code("draw_images", "images"),
            transposed=experiment.transposed,
            classes=experiment.class_names,
            labels=experiment.labels.as_params(),
        message:
            "Drawing the first image of each class"
        script:
            "../scripts/draw_images.py"


if experiment.figures("training"):

    rule draw_training:
        input:
            torch_loop=(
                ["results/fits/tutorial/torch_loop.parquet"] if cfg.datasets else []
            ),
            glmnet_path=(
                ["results/fits/tutorial/glmnet_path.parquet"] if cfg.datasets else []
            ),
            histories=expand("results/fits/tutorial/{name}", name=experiment.histories),
            history="results/tables/history.parquet",
            fits="results/tables/fits.parquet",
        output:
            figures_in_report("training"),
        log:
            "results/logs/draw_training.log",
        benchmark:
            "results/benchmarks/draw_training.tsv"
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            figures=as_params(cfg.figures),
            names=[figure.name for figure in experiment.figures("training")],
            labels=experiment.labels.as_params(),
            code=lambda w: experiment.figure_code("draw_training", "training"),
            dataset=experiment.tutorial_dataset,
            task=experiment.tutorial_task,
            learner=experiment.histories.get("history_graph")
            or experiment.histories.get("history_mlp"),
        message:
            "Drawing how single models learn"
        script:
            "../scripts/draw_training.py"


RESULTS = {
    "scores": "results/tables/scores.parquet",
    "pvalues": "results/tables/pvalues.parquet",
    "downsampled": (
        ["results/tables/pvalues_downsample.parquet"] if experiment.has_sizes else []
    ),
    "transfer": (
        ["results/tables/transfer.parquet"] if experiment.has_transfer else []
    ),
    "verdicts": "results/tables/verdicts.parquet",
}
HOW_DRAWN = {
    "figures": as_params(cfg.figures),
    "focus": as_params(cfg.focus),
    "alpha": cfg.verdict.alpha,
    "margin": cfg.verdict.margin,
    "references": experiment.references,
    "labels": experiment.labels.as_params(),
}


rule draw_results:
    input:
        **RESULTS,
        datasets="results/tables/datasets.parquet",
        subset_rows="results/scores/subset_rows.parquet",
        times="results/scores/times.parquet",
    output:
        figures_in_report("results"),
        views_in_report(),
        pages=directory("results/figures/pages"),
    log:
        "results/logs/draw_results.log",
    benchmark:
        "results/benchmarks/draw_results.tsv"
    priority: 1  # the job of figures that takes longest begins first
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        **HOW_DRAWN,
        code=lambda w: experiment.figure_code("draw_results", "results"),
        names=[figure.name for figure in experiment.figures("results")],
        views={name: as_params(view) for name, view in cfg.figures.views.items()},
        subset_types=experiment.subset_types,
    message:
        "Drawing test errors, same against other and all"
    script:
        "../scripts/draw_results.py"


# The same of the measures that some task has beside its first one: which these are is known once the tasks are split.
rule draw_measure:
    input:
        **RESULTS,
    output:
        figures_in_report("results", measure="{measure}"),
        pages=directory("results/figures/pages_by_{measure}"),
    log:
        "results/logs/draw_measure/{measure}.log",
    benchmark:
        "results/benchmarks/draw_measure/{measure}.tsv"
    wildcard_constraints:
        measure=pattern(experiment.possible_measures),
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        **HOW_DRAWN,
        code=lambda w: experiment.figure_code("draw_results", "results"),
        names=[figure.name for figure in experiment.measure_figures("results")],
    message:
        "Drawing the same by {wildcards.measure}"
    script:
        "../scripts/draw_results.py"


rule draw_predictions:
    input:
        task="results/tasks/{task}.arrow",
        splits="results/tasks/{task}.splits.csv",
        index=ancient("results/tasks/index.json"),
        predictions="results/predictions/{task}",
        packs=lambda w: experiment.task_packs(w.task),
        verdicts="results/tables/verdicts.parquet",
        scores="results/tables/scores.parquet",
    output:
        figures_in_report("predictions", "{task}"),
    log:
        "results/logs/draw_predictions/{task}.log",
    benchmark:
        "results/benchmarks/draw_predictions/{task}.tsv"
    wildcard_constraints:
        task=pattern(experiment.image_tasks),
    resources:
        mem_mb=growing(1500),
        runtime=growing(15),
    params:
        figures=as_params(cfg.figures),
        names=[figure.name for figure in experiment.figures("predictions")],
        labels=experiment.labels.as_params(),
        code=lambda w: experiment.figure_code("draw_predictions", "predictions"),
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
    output:
        expand("results/figures/own/{{own}}.{format}", format=experiment.figure_formats),
    log:
        "results/logs/draw_own/{own}.log",
    benchmark:
        "results/benchmarks/draw_own/{own}.tsv"
    wildcard_constraints:
        own=pattern(experiment.user_figures),
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        figures=as_params(cfg.figures),
        function=lambda w: experiment.user_figures[w.own],
        code=lambda w: experiment.code(
            "draw_own", (), (experiment.user_figures[w.own],)
        ),
    message:
        "Drawing {wildcards.own}, which is your own"
    script:
        "../scripts/draw_own.py"
