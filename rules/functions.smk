# What rules ask of wildcards and config: the functions of the other files, since rules and functions do not mix.


# data.smk


def own_file(wildcards):
    """The user's own file, so that new bytes in it run again; nothing where there is a URL, mirrors or no file."""
    urls = SOURCES[wildcards.owner, wildcards.source].urls
    return [url for url in urls if len(urls) == 1 and Path(url).is_file()]


# tasks.smk


def task_rows(wildcards):
    """Where the rows of a task come from: data sets, or its own table."""
    return task_rows_of(wildcards.task)


def task_rows_of(task):
    """The same, by the task's name."""
    datasets = cfg.tasks[task].datasets
    if datasets:
        return [f"results/data/{dataset}.arrow" for dataset in datasets]
    return [
        f"results/raw/{owner}/{source}"
        for owner, source in SOURCES
        if owner == task and source == "table"
    ]


def task_roles(task):
    """The part of a task's config that decides its rows and columns."""
    return {
        key: value
        for key, value in settings(cfg.tasks[task]).items()
        if key in TaskSettings.model_fields
    }


def task_learners(task):
    """Learners that are fitted on a task, once its type is known."""
    return learners_of(cfg, task, index()[task].type)


def needs_classes(task):
    """Whether some learner of the task cannot train on one class alone."""
    named = cfg.tasks[task].learners or cfg.learners
    return any(not cfg.learners[name].trains_on_one_class for name in named)


def checks(task, *learners):
    """Checks of learners that can be at odds with a task: networks and other people's classes."""
    return [
        f"results/tasks/checked/{task}/{learner}.json"
        for learner in learners
        if cfg.learners[learner].needs_check
    ]


def all_checks(_):
    """Checks of all tasks and learners."""
    return [file for task in cfg.tasks for file in checks(task, *task_learners(task))]


def made_before(_):
    """What tables and figures are made of, asked for by name.

    A job that fails leaves no output. Snakemake does not miss it where all that is made of it is still there, of an
    earlier config: the next run would end well, with old results.
    """
    if not cfg.tasks:
        return []
    tables = [file for task in cfg.tasks for file in task_rows_of(task)]
    built = expand("results/tasks/{task}.arrow", task=cfg.tasks)
    split = expand("results/tasks/{task}.splits.csv", task=cfg.tasks)
    return [*tables, *built, *split, *all_checks(None), *pack_files(None)]


# fits.smk


def pack_train_sets(wildcards):
    """(name, digest of its rows) of each train set of a pack."""
    pack = packs(wildcards.task, wildcards.learner)[wildcards.pack]
    return [[one.name, one.digest] for one in pack.train_sets]


def pack_minutes(wildcards, attempt):
    pack = packs(wildcards.task, wildcards.learner)[wildcards.pack]
    return attempt * plan.minutes(
        cfg.learners[wildcards.learner], described(wildcards.task), pack.train_sets
    )


def pack_memory(wildcards, attempt):
    told = described(wildcards.task)
    learner = cfg.learners[wildcards.learner]
    return attempt * learner.memory_mb(told.size())


def first_with_figure(history):
    """The first learner whose history is drawn in a figure, if the config has one."""
    named = cfg.learners.items()
    return next((name for name, one in named if one.history_figure == history), None)


# tables.smk


def table_in_report(name):
    """A table's CSV file, also in Snakemake's own report."""
    labels = {"table": name, "what it holds": TABLE_RECORDS[name].title}
    return report(f"results/tables/{name}.csv", category="Tables", labels=labels)


def own_measures():
    """Import paths of the measures that are the user's own."""
    given = [cfg.measures or [], *(task.measures or [] for task in cfg.tasks.values())]
    return [name for part in given for name in part if "." in name]


def asked_scores(_):
    """What is scored: per task the algorithms of each learner, and the measures."""
    return {
        task: {
            "algorithms": {
                name: list(one.algorithms(name))
                for name, one in task_learners(task).items()
            },
            "measures": measures_of(cfg, task, index()[task].type),
        }
        for task in cfg.tasks
    }


# figures.smk


def figure_names(group):
    """Names of the figures of a group."""
    return [figure.name for figure in figures_of(FACTS, group)]


def figure_files(group, task=""):
    """Files of the figures of a group (of a task, where each has its own), and of their captions."""
    files = []
    for figure in figures_of(FACTS, group):
        name = figure.file_name(task)
        files += [f"results/figures/{name}.{kind}" for kind in FORMATS]
        files.append(f"results/figures/captions/{name}.rst")
    return files


def figure_modules(group=None):
    """Modules of the figures of a group, or of all figures."""
    return sorted({figure.module for figure in figures_of(FACTS, group)})


def figure_code(group):
    """Library files that draw the figures of a group."""
    return code_of("soak.figures.catalog", *figure_modules(group))


def in_report(group, task=""):
    """The same files; PNG ones are shown in Snakemake's own report (snakemake --report FILE), with caption and heading.

    Snakemake fills in the wildcards of headings, not of captions: those of a figure of one task are the same for all.
    """
    files = {file: file for file in figure_files(group, task)}
    for figure in figures_of(FACTS, group):
        png = f"results/figures/{figure.file_name(task)}.png"
        name = figure.file_name(IMAGE_TASKS[0] if task and IMAGE_TASKS else "")
        files[png] = report(
            png,
            caption=str(Path(f"results/figures/captions/{name}.rst").resolve()),
            category=figure.category,
            labels={"figure": figure.heading(task)},
        )
    return list(files.values())


# report.smk


def tell_outcome():
    """The verdicts in plain words, at the end of a run that made them; make does so itself."""
    outcome = Path("results/logs/outcome.txt")
    if outcome.exists() and "SOAK_MAKE" not in os.environ:
        print(f"\n{outcome.read_text()}", file=sys.stderr)


def tell_failures(logs):
    """What the jobs that failed said, below all that Snakemake says of it itself."""
    log = "".join(Path(one).read_text(errors="replace") for one in logs)
    told = failures(log, Path.cwd(), CONFIG_FILES, config_files(sys.argv))
    atexit.register(lambda: print(f"\n{told}", file=sys.stderr))
