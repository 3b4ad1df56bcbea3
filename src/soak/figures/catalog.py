"""The catalogue of figures: which there are, and all that is known of each but how it is drawn.

A module of this package that defines ``FIGURES``, a tuple of `Figure`, adds them to the catalogue by being there: rules,
report and captions follow. Its ``VIEWS`` are figures that a config has only where its ``figures.views`` ask for them. Such a
module imports matplotlib in its functions only.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import soak.figures
from soak.figures.page import PAGES, Drawn, Page, in_pages, save
from soak.figures.settings import FigureSettings, StyleSettings
from soak.files import atomic
from soak.labels import Labels
from soak.measures import column_measure

Group = Literal["images", "training", "results", "predictions"]
GROUPS: tuple[Group, ...] = get_args(Group)
PER_TASK: Group = "predictions"  # figures of this group are drawn for each image task, as NAME_TASK
_CATEGORIES = {"images": "Data", "training": "Learning curves", "results": "Results", "predictions": "Predictions"}


@dataclass(frozen=True)
class FigureFacts:
    """What decides which figures a config has.

    Attributes
    ----------
    has_datasets : bool
        Whether the config names data sets (of images).
    has_transposed : bool
        Whether one of them is another's transpose.
    has_image_tasks : bool
        Whether rows of a task come from them.
    has_sizes : bool
        Whether there may be train sets below their full size.
    has_seeds : bool
        Whether these may be drawn several times, by seed.
    has_transfer : bool
        Whether subsets have models of their own, which predict the other subsets too.
    histories : collection of str
        Names of the figures that show how the config's learners train on a whole task.
    """

    has_datasets: bool = False
    has_transposed: bool = False
    has_image_tasks: bool = False
    has_sizes: bool = False
    has_seeds: bool = False
    has_transfer: bool = False
    histories: Collection[str] = ()


@dataclass(frozen=True)
class Figure:
    """What is known of a figure.

    Attributes
    ----------
    name : str
        Of its files; figures of the group predictions are called NAME_TASK.
    title : str
        Its heading, there and in the reports.
    caption : str
        How to read it, in a few sentences: below the figure and in the reports.
    group : {"images", "training", "results", "predictions"}
        The rule that draws it, draw_GROUP, and so what it is drawn from.
    draw : function of (inputs of the group, Page)
        Gives the matplotlib figure and a DataFrame of the numbers drawn, or the reason why there is nothing to draw.
    order : int
        Its place in the report; figures of equal order are sorted by name.
    when : function of FigureFacts, optional
        Whether a config has it; default: every config.
    says : function of (inputs of the group)
        What the numbers of this run show, for the end of the caption; "" if there is nothing to say.
    per_measure : bool
        Whether it shows each task's first measure, and is drawn again for each of the others, as NAME_MEASURE.
    """

    name: str
    title: str
    caption: str
    group: Group
    draw: Callable[[Any, Page], Drawn | str]
    order: int
    when: Callable[[FigureFacts], bool] = lambda facts: True
    says: Callable[[Any], str] = lambda inputs: ""
    per_measure: bool = False

    def __post_init__(self) -> None:
        if self.group not in _CATEGORIES:
            raise ValueError(f"figure {self.name}: expected group to be in {list(_CATEGORIES)}, got {self.group!r}")

    @property
    def category(self) -> str:
        """The part of Snakemake's own report in which it is."""
        return _CATEGORIES[self.group]

    def caption_of(self, inputs: Any) -> str:
        """Its caption, with what the numbers of these inputs show."""
        return f"{self.caption} {self.says(inputs)}".strip()

    @property
    def module(self) -> str:
        """Name of the module that draws it."""
        return self.draw.__module__

    def file_name(self, of: str = "") -> str:
        """Name of its files without the suffix; ``of``: the task or measure, of a figure of one."""
        return f"{self.name}_{of}" if of else self.name

    def heading(self, of: str = "") -> str:
        """Its title, with the name of the task or the label of the measure if it is a figure of one."""
        if of and self.per_measure:
            return f"{self.title} ({column_measure(of).label})"
        return f"{self.title}: {of}" if of else self.title


@cache
def all_figures() -> dict[str, Figure]:
    """All figures by name, in the order of the report."""
    found: dict[str, Figure] = {}
    for module in pkgutil.iter_modules(soak.figures.__path__, "soak.figures."):
        for figure in getattr(importlib.import_module(module.name), "FIGURES", ()):
            if figure.name in found:
                raise ValueError(f"two figures are called {figure.name!r}; one is in {module.name}")
            found[figure.name] = figure
    ordered = sorted(found.values(), key=lambda figure: (figure.order, figure.name))
    return {figure.name: figure for figure in ordered}


@cache
def view_figures() -> dict[str, Figure]:
    """The figures of results by name that a view may show: also those that no config has without asking for them."""
    found = {name: figure for name, figure in all_figures().items() if figure.group == "results"}
    for module in pkgutil.iter_modules(soak.figures.__path__, "soak.figures."):
        found |= {figure.name: figure for figure in getattr(importlib.import_module(module.name), "VIEWS", ())}
    return found


def figures_of(facts: FigureFacts, group: Group | None = None) -> list[Figure]:
    """The figures that a config has, of one group or of all, in the order of the report."""
    return [figure for figure in all_figures().values() if group in (None, figure.group) and figure.when(facts)]


def find_figure(file_name: str) -> tuple[Figure, str] | None:
    """The figure that a file name without suffix is of, and its task or measure ("" unless it is one of those).

    None for a figure of the user's own.
    """
    figures = all_figures()
    if file_name in figures:
        return figures[file_name], ""
    for figure in sorted(figures.values(), key=lambda figure: len(figure.name), reverse=True):
        if (figure.group == PER_TASK or figure.per_measure) and file_name.startswith(f"{figure.name}_"):
            return figure, file_name.removeprefix(f"{figure.name}_")
    return None


def draw(name: str, inputs: Any, settings: FigureSettings | StyleSettings, of: str = "") -> Drawn:
    """Draw a figure from the inputs of its group; one without numbers says why.

    Saving it needs the same style: see `Page.applied`, and `draw_files`.

    Parameters
    ----------
    of : str
        What the task is called, or the name of the measure, of a figure of one.
    """
    figure = all_figures()[name]
    whole = settings if isinstance(settings, FigureSettings) else FigureSettings(style=settings)
    page = Page(figure.heading(of), figure.caption_of(inputs), whole.style, whole.titles, whole.width)
    with page.applied():
        drawn = figure.draw(inputs, page)
        return page.nothing(drawn) if isinstance(drawn, str) else drawn


def draw_files(
    names: Collection[str],
    inputs: Any,
    folder: Path,
    settings: FigureSettings,
    of: str = "",
    labels: Labels | None = None,
) -> list[Path]:
    """Draw figures of one group into files: several in a process, since imports take longer than drawing.

    Each becomes NAME.png, the other formats, NAME.csv with the numbers drawn, and captions/NAME.rst, which Snakemake's
    own report reads. The CSV files hold names, the figures labels.

    Parameters
    ----------
    names : collection of str
        Of figures of one group.
    inputs : object
        What the group's figures are drawn from, such as `soak.figures.results.Results`.
    of : str
        The task or measure, for figures that are drawn for each.
    labels : Labels, optional
        Those that ``inputs`` holds in the place of names.
    """
    labels = labels or Labels()
    paths = []
    for name in names:
        figure = all_figures()[name]
        with labels.measured(), Page(settings=settings.style).applied():
            drawn = draw(name, inputs, settings, labels.task(of))
            stored = labels.stored(drawn.data)
            drawn = (
                in_pages([drawn.figure, *pages], stored)
                if (pages := getattr(drawn, "pages", ()))
                else Drawn(drawn.figure, stored)
            )
            paths += save(
                drawn,
                folder,
                figure.file_name(of),
                settings,
                f"{PAGES}_by_{of}" if figure.per_measure and of else PAGES,
            )
        caption = folder / "captions" / f"{figure.file_name(of)}.rst"
        with atomic(caption) as temporary:
            temporary.write_text(f"{figure.caption_of(inputs)}\n", encoding="utf-8")
        paths.append(caption)
    return paths
