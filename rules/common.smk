# The config, checked while it is read, and the few functions that rules ask.
import atexit
import functools
import os

from snakemake.logging import logger as snakemake_logger

from soak.tasks.settings import TaskSettings
from soak.config.read import config_files
from soak.config.check import load_config
from soak.errors import SoakError
from soak.experiment import learners_of, measures_of, reference_algorithms
from soak.figures.catalog import FigureFacts, figures_of
from soak.failures import failures, without_library
from soak.fitting import plan
from soak.provenance import code_of, digest, user_file, versions
from soak.tables import TABLES as TABLE_RECORDS

CONFIG_FILES = workflow.overwrite_configfiles or workflow.configfiles
snakemake_logger.addFilter(without_library)

try:
    cfg = load_config(
        config,
        CONFIG_FILES,
        config_files(sys.argv),
        in_job=not workflow.is_main_process,
    )
except SoakError as error:
    sys.exit(f"soak: {error}")

# (data set or task, name of a raw file) -> where its bytes come from
SOURCES = {
    (owner, name): source
    for part in (cfg.datasets, cfg.tasks)
    for owner, one in part.items()
    for name, source in one.sources().items()
}


@functools.lru_cache(maxsize=None)
def learner_settings(learner):
    """What a fit's params hold of its learner."""
    return settings(cfg.learners[learner])


def settings(part):
    """A part of the config as plain values, as params hold it."""
    return part.model_dump(mode="json", by_alias=True)


@functools.lru_cache(maxsize=1)
def read_index(path, changed):
    return plan.read_index(path)


def index():
    """What is known of the tasks once they are split; read anew only when its file changes."""
    path = Path(checkpoints.splits.get().output.index)
    return read_index(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=None)
def packs_of(task, learner, changed):
    found = plan.make_packs(
        index()[task], learner, cfg.learners[learner], cfg.execution.fits_per_job
    )
    return {pack.name: pack for pack in found}


def packs(task, learner):
    """Packs of fits of a task and a learner, by name."""
    return packs_of(task, learner, os.stat("results/tasks/index.json").st_mtime_ns)


def described(task):
    """What is known of a task, for a job that there is only once it is known: quicker than index()."""
    path = "results/tasks/index.json"
    return read_index(path, os.stat(path).st_mtime_ns)[task]


def own_files(*paths):
    """Files below DIR that hold what import paths name; none for what is installed."""
    return sorted({str(file) for path in paths if (file := user_file(path))})


def learner_code(steps, learner):
    """Library files that some steps and a learner run, and the user's own file that holds a class of theirs."""
    one = cfg.learners[learner]
    return code_of(*steps, type(one).__module__) + own_files(*one.import_paths())


@functools.lru_cache(maxsize=None)
def fit_code(learner):
    """Digest of all code that a fit of a learner runs."""
    return digest(learner_code(["soak.fitting.run"], learner))


def growing(amount):
    """A request for memory or time that grows with each try, where a profile retries jobs."""
    return lambda wildcards, attempt: attempt * amount


def gpus(learner):
    """GPUs that a fit's job asks for: one for a torch learner where the config says cuda."""
    return int(device(learner) == "cuda")


def device(learner):
    """Where a learner's fits run."""
    return cfg.execution.device if cfg.learners[learner].uses_gpu else "cpu"


def task_pack_files(task):
    """Files of all fits of a task."""
    return [
        f"results/fits/{task}/{learner}/{pack}.zip"
        for learner in learners_of(cfg, task, index()[task].type)
        for pack in packs(task, learner)
    ]


def pack_files(_):
    """All files of fits that the tables are made of."""
    return [file for task in index() for file in task_pack_files(task)]


def names(values):
    """A wildcard's pattern: exactly these names."""
    return "|".join(map(re.escape, values)) or "(?!)"


wildcard_constraints:
    task=names(cfg.tasks),
    learner=names(cfg.learners),
    pack=r"\d+",
