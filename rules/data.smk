# From bytes to data sets: download, decode, transpose.
DECODED = [name for name, one in cfg.datasets.items() if not one.transpose_of]
TRANSPOSED = [name for name, one in cfg.datasets.items() if one.transpose_of]


rule download:
    input:
        local=own_file,
        code=code_of("soak.data.download"),
    output:
        "results/raw/{owner}/{source}",
    log:
        "results/logs/download/{owner}.{source}.log",
    benchmark:
        "results/benchmarks/download/{owner}.{source}.tsv"
    wildcard_constraints:
        owner=names({owner for owner, _ in SOURCES}),
        source=names({source for _, source in SOURCES}),
    retries: 0
    resources:
        mem_mb=growing(300),
        runtime=growing(120),
    params:
        urls=lambda w: list(SOURCES[w.owner, w.source].urls),
        hashes=lambda w: list(SOURCES[w.owner, w.source].hashes),
    message:
        "Fetching {wildcards.source} of {wildcards.owner}"
    script:
        "../scripts/download.py"


rule decode:
    input:
        raw=lambda w: [
            f"results/raw/{w.dataset}/{source}"
            for owner, source in SOURCES
            if owner == w.dataset
        ],
        own=lambda w: own_files(*cfg.datasets[w.dataset].import_paths()),
        code=lambda w: code_of("soak.data.decode", type(cfg.datasets[w.dataset]).__module__),
    output:
        "results/data/{dataset}.arrow",
    log:
        "results/logs/decode/{dataset}.log",
    benchmark:
        "results/benchmarks/decode/{dataset}.tsv"
    wildcard_constraints:
        dataset=names(DECODED),
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        dataset=lambda w: settings(cfg.datasets[w.dataset]),
    message:
        "Decoding data set {wildcards.dataset}"
    script:
        "../scripts/decode.py"


rule transpose:
    input:
        data=lambda w: f"results/data/{cfg.datasets[w.dataset].transpose_of}.arrow",
        code=code_of("soak.data.formats.transpose_of"),
    output:
        "results/data/{dataset}.arrow",
    log:
        "results/logs/transpose/{dataset}.log",
    benchmark:
        "results/benchmarks/transpose/{dataset}.tsv"
    wildcard_constraints:
        dataset=names(TRANSPOSED),
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        rows=lambda w: cfg.datasets[w.dataset].rows,
    message:
        "Turning the images of {input.data} into {wildcards.dataset}: pixel (i, j) becomes (j, i)"
    script:
        "../scripts/transpose.py"
