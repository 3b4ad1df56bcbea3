# From bytes to data sets: download, decode, transpose.


rule download:
    input:
        local=lambda w: [
            local(file) for file in experiment.local_file(w.owner, w.source)
        ],
    output:
        "results/raw/{owner}/{source}",
    log:
        "results/logs/download/{owner}.{source}.log",
    benchmark:
        "results/benchmarks/download/{owner}.{source}.tsv"
    wildcard_constraints:
        owner=pattern({owner for owner, _ in experiment.sources}),
        source=pattern({source for _, source in experiment.sources}),
    retries: 0
    resources:
        mem_mb=growing(300),
        runtime=growing(120),
    params:
        urls=lambda w: experiment.urls(w.owner, w.source),
        hashes=lambda w: list(experiment.sources[w.owner, w.source].hashes),
        code=lambda w: experiment.code("download"),
    message:
        "Fetching {wildcards.source} of {wildcards.owner}"
    script:
        "../scripts/download.py"


rule decode:
    input:
        raw=lambda w: experiment.raw_files(w.dataset),
    output:
        "results/data/{dataset}.arrow",
    log:
        "results/logs/decode/{dataset}.log",
    benchmark:
        "results/benchmarks/decode/{dataset}.tsv"
    wildcard_constraints:
        dataset=pattern(experiment.decoded),
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        dataset=lambda w: as_params(cfg.datasets[w.dataset]),
        code=lambda w: experiment.dataset_code("decode", w.dataset),
    message:
        "Decoding data set {wildcards.dataset}"
    script:
        "../scripts/decode.py"


rule transpose:
    input:
        data=lambda w: f"results/data/{experiment.transposed[w.dataset]}.arrow",
    output:
        "results/data/{dataset}.arrow",
    log:
        "results/logs/transpose/{dataset}.log",
    benchmark:
        "results/benchmarks/transpose/{dataset}.tsv"
    wildcard_constraints:
        dataset=pattern(experiment.transposed),
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        rows=lambda w: cfg.datasets[w.dataset].rows,
        code=lambda w: experiment.code("transpose"),
    message:
        "Transposing the images of {input}: pixel (i, j) becomes (j, i)"
    script:
        "../scripts/transpose.py"
