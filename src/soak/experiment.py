"""What the workflow's rules ask of a config: files, learners, jobs, tables and figures.

The rules hold names and wiring only; each question that they have is a method of `Experiment`, tested without Snakemake. What
is known only once the tasks are split (their types, rows and train sets) comes from the index that checkpoint ``splits`` writes.
"""

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from soak.config.check import algorithm_labels, asked_measures, known_type, measures_of, unsuited
from soak.config.read import dotted
from soak.config.workflow import Config
from soak.data.sources import SecretText, file_name, local_path, shown_settings
from soak.data.values import value_label
from soak.figures.catalog import GROUPS, PER_TASK, Figure, FigureFacts, Group, figures_of, view_figures
from soak.fitting.plan import Pack, TaskIndex, make_packs, minutes, pack_seconds, read_index
from soak.labels import Labels
from soak.learners.base import LearnerType
from soak.measures import measure
from soak.provenance import code_digest
from soak.settings import Settings
from soak.tables import TABLES, Table
from soak.tasks.settings import TaskSettings

INDEX = "results/tasks/index.json"


def as_params(settings: Settings) -> dict[str, Any]:
    """Settings as plain values: Snakemake keeps them as params of a job, and compares them with those of its last run.

    What it keeps shows no secrets of URLs.
    """
    values: dict[str, Any] = shown_settings(settings.model_dump(mode="json", by_alias=True), SecretText)
    return values


def pattern(names: Iterable[str]) -> str:
    """The pattern of a wildcard that matches exactly these names, and nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def growing(amount: int) -> Callable[..., int]:
    """A request for memory or time that grows with each attempt, where a profile retries jobs."""
    return lambda wildcards, attempt: attempt * amount


def learners_of(config: Config, task: str, task_type: str) -> dict[str, LearnerType]:
    """Learners of a task: those it names, or all that suit its type, in the config's order."""
    named = config.tasks[task].learners
    if named is not None:
        return {name: one for name, one in config.learners.items() if name in named}
    return {name: one for name, one in config.learners.items() if one.suits(task_type)}


class Experiment:
    """A config as the rules see it.

    Parameters
    ----------
    config : Config
    scripts : path
        Folder of the rules' scripts: what they import decides which jobs run again after a change of the code.
    wait_for_index : function
        Called before the index is read, gives its path; in the workflow it asks Snakemake for the output of checkpoint
        ``splits``, which may be the copy of a file in an object storage.
    """

    def __init__(self, config: Config, scripts: str | Path, wait_for_index: Callable[[], str] = lambda: INDEX) -> None:
        self.config = config
        self.scripts = Path(scripts)
        self.wait_for_index = wait_for_index
        self.sources = {
            (owner, name): source
            for part in (config.datasets, config.tasks)
            for owner, settings in part.items()
            for name, source in settings.sources().items()
        }
        self.sources |= {
            (name, file_name(one.file[0])): one.source(config.scores_folder)
            for name, one in config.scores.items()
            if not one.is_own_file
        }
        self._raw_files: dict[str, list[str]] = {}
        for owner, name in self.sources:
            self._raw_files.setdefault(owner, []).append(f"results/raw/{owner}/{name}")
        self._index_file: str | None = None
        self._read_index = functools.lru_cache(maxsize=1)(lambda file, changed: read_index(file))
        self._packs = functools.lru_cache(maxsize=None)(self._make_packs)
        self._digests: dict[tuple[Any, ...], str] = {}
        self._settings: dict[str, dict[str, Any]] = {}

    def code(self, rule: str, modules: tuple[str, ...] = (), user: tuple[str, ...] = ()) -> str:
        """Digest of the code that the script of a rule runs, with the entries of catalogues and the user's own that it uses."""
        key = rule, modules, user
        if key not in self._digests:
            self._digests[key] = code_digest(self.scripts / f"{rule}.py", modules, user)
        return self._digests[key]

    # Data sets

    @property
    def transposed(self) -> dict[str, str]:
        """Data sets that are the transpose of another, with its name."""
        return {name: other for name, data in self.config.datasets.items() if (other := data.transpose_of)}

    @property
    def class_names(self) -> dict[str, dict[str, str]]:
        """What the labels of data sets stand for, where they have names; those of a transpose are its original's."""
        found = {name: dict(data.class_names) for name, data in self.config.datasets.items()}
        return {name: found[self.transposed.get(name, name)] for name in found}

    @property
    def decoded(self) -> list[str]:
        """Data sets that are decoded from files of their own."""
        return [name for name in self.config.datasets if name not in self.transposed]

    def raw_files(self, owner: str) -> list[str]:
        """Raw files of a data set, or of a task with a table of its own."""
        return list(self._raw_files.get(owner, []))

    def urls(self, owner: str, source: str) -> list[SecretText]:
        """Where a raw file can be had."""
        return [SecretText(url) for url in self.sources[owner, source].urls]

    def local_file(self, owner: str, source: str) -> list[str]:
        """The user's own file that a raw file is a copy of: new bytes in it run again. None for URLs and mirrors."""
        urls = self.sources[owner, source].urls
        return [url for url in urls if len(urls) == 1 and Path(url).is_file()]

    def dataset_code(self, rule: str, dataset: str) -> str:
        """Digest of the code that a rule runs for a data set."""
        settings = self.config.datasets[dataset]
        return self.code(rule, (type(settings).__module__,), settings.import_paths())

    # Scores from elsewhere

    @property
    def score_files(self) -> list[str]:
        """Files of scores, times and facts from elsewhere: the user's own, and those that are fetched first."""
        return [
            str(local_path(one.file[0])) if one.is_own_file else f"results/raw/{name}/{file_name(one.file[0])}"
            for name, one in self.config.scores.items()
        ]

    @property
    def subset_types(self) -> dict[str, str]:
        """The kind of the subsets of each task: as the config says, else the name of its subset column."""
        own = {
            name: "data set" if len(task.datasets or []) > 1 else task.subset or ""
            for name, task in self.config.tasks.items()
        }
        return own | {task: kind for kind, tasks in self.config.subset_types.items() for task in tasks}

    # Tasks

    def task_rows(self, task: str) -> list[str]:
        """Files that the rows of a task come from: data sets, or its own table."""
        datasets = self.config.tasks[task].datasets
        return [f"results/data/{name}.arrow" for name in datasets] if datasets else self.raw_files(task)

    def task_settings(self, task: str) -> dict[str, Any]:
        """The part of a task's config that decides its rows and columns."""
        settings = as_params(self.config.tasks[task])
        return {key: value for key, value in settings.items() if key in TaskSettings.model_fields and key != "positive"}

    @property
    def positive(self) -> dict[str, dict[str, Any]]:
        """Of each task the positive class that it names, and its measures of that class alone if it has two classes."""
        return {
            name: {
                "positive": task.positive,
                "measures": [
                    one for one in measures_of(self.config, name, "classification") if measure(one).is_of_positive_class
                ],
            }
            for name, task in self.config.tasks.items()
        }

    @property
    def unscaled(self) -> dict[str, list[str]]:
        """Learners of each task that train badly on features of very different scales, and do not scale them."""
        names = [name for name, learner in self.config.learners.items() if learner.needs_even_scales]
        return {
            task: [name for name in names if settings.learners is None or name in settings.learners]
            for task, settings in self.config.tasks.items()
        }

    @property
    def image_tasks(self) -> list[str]:
        """Tasks whose rows come from data sets."""
        return [name for name, task in self.config.tasks.items() if task.datasets]

    def unsettled(self) -> dict[str, Any]:
        """What is wrong if all tasks whose type their data decide turn out to have one type.

        Returns
        -------
        dict
            ``tasks``: these tasks; ``classification``, ``regression``: messages. Empty if the config alone settles it.
        """
        known = {name: known_type(task) for name, task in self.config.tasks.items()}
        unknown = [name for name, kind in known.items() if kind is None]
        messages = {}
        for kind in ("classification", "regression"):
            problems = unsuited(self.config, known | dict.fromkeys(unknown, kind))
            messages[kind] = [f"{dotted(path)}: {message}" for path, message in problems]
        return {"tasks": unknown, **messages} if unknown and any(messages.values()) else {}

    # The index of the split tasks

    @property
    def index(self) -> dict[str, TaskIndex]:
        """What is known of each task once it is split. Asking Snakemake for it takes a millisecond: once, not in each round of a loop."""
        self._index_file = self.wait_for_index()
        return self._current_index()

    def _current_index(self) -> dict[str, TaskIndex]:
        """The index as it is on disk, read again only after a change: for jobs that exist only once it is there."""
        return self._read_index(*self._index_version())

    def _index_version(self) -> tuple[str, int]:
        """Path of the index, and when it was changed."""
        if self._index_file is None:
            self._index_file = self.wait_for_index()
        return self._index_file, os.stat(self._index_file).st_mtime_ns

    def learners(self, task: str) -> dict[str, LearnerType]:
        """Learners of a task: those that it names, or all that suit its type, in the config's order."""
        return learners_of(self.config, task, self.index[task].type)

    def measures(self, task: str) -> list[str]:
        """Measures of a task: those that it names, else the common ones that suit its type, else the type's defaults."""
        return measures_of(self.config, task, self.index[task].type)

    # Fits

    def learner_code(self, rule: str, learner: str) -> str:
        """Digest of the code that a rule runs for a learner."""
        settings = self.config.learners[learner]
        return self.code(rule, (type(settings).__module__,), settings.import_paths())

    def learner_params(self, learner: str) -> dict[str, Any]:
        """The settings of a learner as plain values, made once: there may be ten thousand jobs of it."""
        if learner not in self._settings:
            self._settings[learner] = as_params(self.config.learners[learner])
        return self._settings[learner]

    def device(self, learner: str) -> str:
        """Where the fits of a learner run; all but torch learners use the CPU whatever the config says."""
        return self.config.execution.device if self.config.learners[learner].uses_gpu else "cpu"

    def gpus(self, learner: str) -> int:
        """GPUs that the job of a fit asks for."""
        return int(self.device(learner) == "cuda")

    def packs(self, task: str, learner: str) -> dict[str, Pack]:
        """Packs of fits of a task and a learner, by name."""
        return self._packs(task, learner, self._index_version())

    def _make_packs(self, task: str, learner: str, version: tuple[str, int]) -> dict[str, Pack]:
        settings, execution = self.config.learners[learner], self.config.execution
        packs = make_packs(self._current_index()[task], learner, settings, execution.fits_per_job)
        return {pack.name: pack for pack in packs}

    def pack_train_sets(self, task: str, learner: str, pack: str) -> list[list[str]]:
        """(name, digest of its rows) of each train set of a pack."""
        return [[train_set.name, train_set.digest] for train_set in self.packs(task, learner)[pack].train_sets]

    def pack_minutes(self, task: str, learner: str, pack: str) -> int:
        """Minutes that the job of a pack asks for."""
        train_sets = self.packs(task, learner)[pack].train_sets
        return minutes(self.config.learners[learner], self._current_index()[task], train_sets)

    def pack_priority(self, task: str, learner: str, pack: str) -> float:
        """Its seconds, so that the longest jobs begin first: one that began last would run on alone."""
        train_sets = self.packs(task, learner)[pack].train_sets
        return pack_seconds(self.config.learners[learner], self._current_index()[task], train_sets)

    def pack_memory_mb(self, task: str, learner: str) -> int:
        """Memory that the job of a pack asks for, MB."""
        return self.config.learners[learner].memory_mb(self._current_index()[task].size())

    def intermediate_files(self, wildcards: object = None) -> list[str]:
        """Tasks, splits, checks and fits: asked for by name by the targets beside what is made of them.

        A job that fails leaves no output. Snakemake would not miss it while what was made of it for an earlier config is
        still there: the next run would end well, with old results.
        """
        tasks = self.config.tasks
        if not tasks:
            return []
        rows = [file for task in tasks for file in self.task_rows(task)]
        built = [f"results/tasks/{task}.arrow" for task in tasks]
        split = [f"results/tasks/{task}.splits.csv" for task in tasks]
        return [*rows, *built, *split, *self.all_checks(), *self.all_packs()]

    def task_packs(self, task: str) -> list[str]:
        """Packs of all fits of a task."""
        return self._packs_of({task: self.index[task]})

    def all_packs(self) -> list[str]:
        """Packs of all fits."""
        return self._packs_of(self.index)

    def _packs_of(self, index: Mapping[str, TaskIndex]) -> list[str]:
        return [
            pack.folder
            for task, known in index.items()
            for name in learners_of(self.config, task, known.type)
            for pack in self.packs(task, name).values()
        ]

    def checks(self, task: str, *learners: str) -> list[str]:
        """Checks, made before the first fit, of learners that can be at odds with a task."""
        keeps_missing = self.config.tasks[task].impute == "none"  # which not every learner can take
        return [
            f"results/tasks/checked/{task}/{name}.json"
            for name in learners
            if keeps_missing or self.config.learners[name].needs_check
        ]

    def all_checks(self) -> list[str]:
        """Checks of all tasks and learners."""
        index = self.index
        return [
            file
            for task in self.config.tasks
            for file in self.checks(task, *learners_of(self.config, task, index[task].type))
        ]

    def scored(self) -> dict[str, dict[str, Any]]:
        """What is scored: per task the algorithms of each learner, and the measures."""
        types = {task: known.type for task, known in self.index.items()}
        return {
            task: {
                "algorithms": {
                    name: list(one.algorithms(name))
                    for name, one in learners_of(self.config, task, types[task]).items()
                },
                "measures": measures_of(self.config, task, types[task]),
                "positive": settings.positive,
            }
            for task, settings in self.config.tasks.items()
        }

    def user_measures(self) -> tuple[str, ...]:
        """Import paths of the measures that are the user's own."""
        lists = [self.config.measures or [], *(task.measures or [] for task in self.config.tasks.values())]
        return tuple(dict.fromkeys(name for names in lists for name in names if "." in name))

    @property
    def references(self) -> list[str]:
        """Algorithms that use no feature, with which others are compared.

        Scores from elsewhere come with names alone: there it is the algorithm that is called featureless.
        """
        if self.config.scores:
            return ["featureless"]
        learners = self.config.learners.items()
        return [name for learner, one in learners if one.is_reference for name in one.algorithms(learner)]

    @functools.cached_property
    def labels(self) -> Labels:
        """What people read in the place of names."""
        config = self.config
        algorithms = {name: label for name, label in algorithm_labels(config).items() if label != name}
        return Labels(
            {name: task.label for name, task in config.tasks.items() if task.label},
            {value_label(name): label for name, label in config.labels.subsets.items()},
            algorithms | config.labels.algorithms,
            {
                name: label
                for name, learner in config.learners.items()
                if (label := algorithms.get(name, learner.label))  # a learner with one algorithm is called as that is
            },
            config.labels.measures,
        )

    # Tables

    @functools.cached_property
    def has_sizes(self) -> bool:
        """Whether train sets are drawn at smaller sizes too; of scores from elsewhere the tables tell."""
        return bool(self.config.scores) or any(self.config.resampling_of(task).sizes >= 0 for task in self.config.tasks)

    @functools.cached_property
    def has_seeds(self) -> bool:
        """Whether these are drawn several times, by seed."""
        settings = map(self.config.resampling_of, self.config.tasks)
        return bool(self.config.scores) or any(one.sizes >= 0 and one.seeds > 1 for one in settings)

    @functools.cached_property
    def has_transfer(self) -> bool:
        """Whether subsets have models of their own (*same*), which predict the other subsets too: the transfer map."""
        several = [name for name, task in self.config.tasks.items() if task.subset or len(task.datasets or []) > 1]
        settings = map(self.config.resampling_of, several)
        return any("S" in one.subsets.upper() and not one.ignore_subset for one in settings)

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of this config."""
        there = {
            "": True,
            "fits": bool(self.config.tasks),
            "sizes": self.has_sizes,
            "transfer": self.has_transfer,
        }
        return {name: table for name, table in TABLES.items() if there[table.needs]}

    @property
    def table_files(self) -> list[str]:
        """Files of all tables."""
        return [file for table in self.tables.values() for file in table.paths]

    # Figures

    @functools.cached_property
    def figure_facts(self) -> FigureFacts:
        """What decides which figures there are."""
        return FigureFacts(
            has_datasets=bool(self.config.datasets),
            has_transposed=bool(self.transposed),
            has_image_tasks=bool(self.image_tasks),
            has_sizes=self.has_sizes,
            has_seeds=self.has_seeds,
            has_transfer=self.has_transfer,
            histories=tuple(self.histories),
        )

    def figures(self, group: Group) -> list[Figure]:
        """Figures that one rule draws; none where the config wants its views alone."""
        if not self.config.figures.common:
            return []
        return figures_of(self.figure_facts, group)

    def measure_figures(self, group: Group) -> list[Figure]:
        """Those of them that are drawn again for each further measure."""
        return [figure for figure in self.figures(group) if figure.per_measure]

    def figure_files(self, group: Group, task: str = "", measure: str = "") -> list[str]:
        """Files of the figures of a group (of one task or measure), with those of their captions."""
        figures = self.measure_figures(group) if measure else self.figures(group)
        return self._files_of_figures(figure.file_name(task or measure) for figure in figures)

    def _files_of_figures(self, names: Iterable[str]) -> list[str]:
        return [
            file
            for name in names
            for file in (
                *(f"results/figures/{name}.{kind}" for kind in self.figure_formats),
                f"results/figures/captions/{name}.rst",
            )
        ]

    @property
    def view_files(self) -> list[str]:
        """Files of the config's views, with those of their captions."""
        return self._files_of_figures(self.config.figures.views)

    def view_title(self, name: str) -> str:
        """The heading of a view."""
        view = self.config.figures.views[name]
        return view.title or view_figures()[view.figure].title

    @property
    def figure_formats(self) -> list[str]:
        """Suffixes of the files of each figure."""
        return [*self.config.figures.formats, "csv"]

    @property
    def user_figures(self) -> dict[str, str]:
        """The user's own figures: name to import path."""
        return {path.rpartition(".")[2]: path for path in self.config.figures.own}

    @property
    def possible_measures(self) -> list[str]:
        """All measures that some task may have."""
        return asked_measures(self.config)

    def further_measures(self) -> list[str]:
        """Measures of which some task has another one first: they have figures of their own."""
        if not self.config.tasks:
            return list(self.config.measures or [])[1:]
        types = {task: known.type for task, known in self.index.items()}
        return list(
            dict.fromkeys(
                name for task in self.config.tasks for name in measures_of(self.config, task, types[task])[1:]
            )
        )

    def measure_figure_files(self, wildcards: object = None) -> list[str]:
        """Files of the figures of these measures; what they are is known once the tasks are split."""
        return [file for measure in self.further_measures() for file in self.figure_files("results", measure=measure)]

    def shown_files(self) -> list[str]:
        """All that this config's run writes among tables and figures."""
        texts = [f"results/tables/{name}.txt" for name in ("data", "verdicts", "scores_notes")]
        pages = ["results/figures/pages"]
        if self.measure_figures("results"):
            pages += [f"results/figures/pages_by_{measure}" for measure in self.further_measures()]
        return [*self.table_files, *texts, *self.all_figure_files, *self.measure_figure_files(), *pages]

    @property
    def prediction_folders(self) -> list[str]:
        """The folder of each task's predictions."""
        return [f"results/predictions/{task}" for task in self.config.tasks]

    @property
    def all_figure_files(self) -> list[str]:
        """Files of all figures but those of further measures."""
        files = [file for group in GROUPS if group != PER_TASK for file in self.figure_files(group)]
        files += [file for task in self.image_tasks for file in self.figure_files(PER_TASK, task)]
        files += self.view_files
        return files + [
            f"results/figures/own/{name}.{kind}" for name in self.user_figures for kind in self.figure_formats
        ]

    def figure_code(self, rule: str, *groups: Group) -> str:
        """Digest of the code that a rule runs for the figures of some groups."""
        modules = {figure.module for group in groups for figure in self.figures(group)}
        if "results" in groups:
            modules |= {view_figures()[view.figure].module for view in self.config.figures.views.values()}
        return self.code(rule, tuple(sorted(modules)))

    # The fits that single figures show

    @property
    def histories(self) -> dict[str, str]:
        """Figure of learning curves to the learner that it shows: the first of a type that has one."""
        found: dict[str, str] = {}
        for name, learner in self.config.learners.items():
            if learner.history_figure and self.tutorial_task:
                found.setdefault(learner.history_figure, name)
        return found

    @property
    def tutorial_dataset(self) -> str | None:
        """The data set of torch_loop and glmnet_path: the last one if none is named, None without data sets."""
        return self.config.tutorial.dataset or next(reversed(self.config.datasets), None)

    @property
    def tutorial_task(self) -> str | None:
        """The task of history figures: if none is named the last of images, else the last."""
        return self.config.tutorial.task or next(reversed(self.image_tasks or list(self.config.tasks)), None)
