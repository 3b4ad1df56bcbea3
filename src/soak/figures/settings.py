"""Settings of the figures. Nothing here imports matplotlib: every job reads the config."""

import re
from functools import cache
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field

from soak.errors import SoakError
from soak.names import listed, nearest, nearest_name
from soak.settings import Settings

_HEX = re.compile(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


def _color(value: Any) -> Any:
    if value is None:  # YAML: what follows # is a comment
        raise ValueError(
            'expected a colour such as "#0072B2", got nothing: write it in quotes, since # starts a comment'
        )
    value = str(value) if isinstance(value, float) else value  # 0.5 is a grey
    if not isinstance(value, str) or (value.startswith("#") and not _HEX.fullmatch(value)):
        raise ValueError(f'expected a colour such as "#0072B2", got {value!r}')
    return value


Color = Annotated[str, BeforeValidator(_color, json_schema_input_type=str | float)]


class StyleSettings(Settings):
    """How the figures look; the defaults suit a page and a screen."""

    font: str = Field(default="DejaVu Sans", description="font family by the name that matplotlib has for it")
    font_size: float = Field(default=8, ge=4, le=24, description="size of text and labels, in points")
    scale: float = Field(default=1, ge=0.5, le=3, description="factor for the width and height of panels")
    dpi: int = Field(default=300, ge=50, le=600, description="resolution of PNG files")
    caption: bool = Field(default=True, description="whether each figure has a text below it that says how to read it")
    colors: dict[Literal["same", "other", "all", "subtrain", "validation"], Color] = Field(
        default={},
        description='colours as matplotlib knows them ("#0072B2", navy, tab:blue) that replace the defaults (of Okabe and Ito)',
        examples=[{"same": "navy"}],
    )


def _named(value: Any) -> Any:
    """A list of names as a mapping of each to itself."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: name for name in value}
    return value


class ViewSettings(Settings):
    """A figure of your choice of tasks, algorithms and measures, with its own heading and text.

    Its files have the name of the view, and it comes before all other figures in the report.
    """

    figure: str = Field(
        description="name of a figure of results: ladder, volcano, times, measures, similarity, algorithms, …"
    )
    tasks: (
        Annotated[dict[str, str], BeforeValidator(_named, json_schema_input_type=list[str] | dict[str, str])] | None
    ) = Field(
        default=None,
        description="tasks in the order in which they are shown; a mapping also says what each is called; default: all",
        examples=[["Trees"]],
    )
    algorithms: list[str] | None = Field(
        default=None, description="algorithms in their order; default: all", examples=[["cv_glmnet"]]
    )
    measures: list[str] | None = Field(
        default=None,
        description="measures, the first of which counts; default: all",
        examples=[["accuracy", "roc_auc"]],
    )
    comparisons: list[Literal["all-same", "other-same"]] = Field(
        default=[], description="those that ladder and volcano show; default: theirs", examples=[["all-same"]]
    )
    title: str = Field(default="", description="heading; default: that of the figure")
    caption: str = Field(default="", description="text below; default: that of the figure")


def _formats(values: list[str]) -> list[str]:
    """PNG is always drawn: the report shows it."""
    return list(dict.fromkeys(["png", *values]))


class FigureSettings(Settings):
    """Files and style of the figures."""

    formats: Annotated[list[Literal["png", "pdf", "svg"]], AfterValidator(_formats)] = Field(
        default=["png", "pdf"], description="file formats; png is always one of them", examples=[["png", "svg"]]
    )
    style: StyleSettings = Field(default=StyleSettings(), examples=[{"font_size": 10}])
    common: bool = Field(
        default=True,
        exclude=True,  # draws none of the others again
        description="whether the workflow's own figures are drawn beside the views",
    )
    views: dict[str, ViewSettings] = Field(
        default={},
        exclude=True,  # one more view draws no other figure again
        description="figures of parts of the results, by name",
        examples=[{"trees": {"figure": "ladder", "tasks": ["Trees"]}}],
    )
    titles: bool = Field(
        default=True,
        description="whether a figure carries its title and the text below it; false: as journals print figures",
    )
    width: float | None = Field(
        default=None,
        ge=3,
        le=30,
        description="width of each figure in inches, at which its text has the size font_size; default: as wide as its panels",
        examples=[7.0],
    )
    algorithms: list[str] = Field(
        default=[],
        description="names of algorithms in the order in which figures show them; the others follow, references last",
        examples=[["cv_glmnet_min", "linear_mlp"]],
    )
    own: list[str] = Field(
        default=[],
        examples=[["my_figures.folds"]],
        exclude=True,  # a new one draws no other again
        description="import paths of your own functions, whose figures become figures/own/NAME: function(tables) "
        "returns a matplotlib figure and a DataFrame of the numbers drawn",
    )
    csv_safe: bool = Field(
        default=False,
        description="whether text in CSV files, of figures and of tables, that a spreadsheet would take for a formula (it "
        "begins with =, +, -, @, a tab or a carriage return) gets an apostrophe before it",
    )


class TutorialSettings(Settings):
    """What the figures of single fits show (torch_loop, glmnet_path; history_mlp, history_graph)."""

    dataset: str | None = Field(
        default=None, description="data set of torch_loop and glmnet_path; default: the last one"
    )
    task: str | None = Field(
        default=None, description="task of history_mlp and history_graph; default: the last one made of data sets"
    )
    rows: int | None = Field(
        default=None,
        ge=2,
        description="number of its rows, the first ones, on which torch_loop and glmnet_path are trained; default: all",
        examples=[600],
    )
    lr: float = Field(default=0.1, gt=0, description="learning rate of torch_loop; the blog post's is 0.1")
    seed: int = Field(default=1, ge=0, description="seed of the random numbers of torch_loop")


class FocusSettings(Settings):
    """Which test subset comes first in train_other and same_other_all."""

    task: str | None = Field(default=None, description="its task; default: the first one that has the test subset")
    test_subset: str | None = Field(default=None, description="its name; default: the one that most tasks have")

    def check(self, splits: pd.DataFrame) -> None:
        """Raise a SoakError if the config names a task or test subset that the splits lack.

        Parameters
        ----------
        splits : DataFrame with columns task_id and test_subset
            Of splits or of scores.
        """
        pairs = splits[["task_id", "test_subset"]].drop_duplicates().astype(str)
        for key, name, column in (("task", self.task, "task_id"), ("test_subset", self.test_subset, "test_subset")):
            if name is not None and name not in set(pairs[column]):
                kind = key.replace("_", " ")
                hint = nearest(name, pairs[column].unique(), f"{kind}s")
                raise SoakError(f"focus.{key}: there is no {kind} {name!r}; {hint}")
        subsets = pairs.loc[pairs["task_id"] == self.task, "test_subset"].unique()
        if self.task is not None and self.test_subset is not None and self.test_subset not in subsets:
            raise SoakError(
                f"focus.test_subset: task {self.task!r} has no test subset {self.test_subset!r}; "
                f"{nearest(self.test_subset, subsets, 'its test subsets')}"
            )

    def choose(self, scores: pd.DataFrame) -> tuple[str, str] | None:
        """The task and test subset to look at: those named, else the subset that most tasks have, in its first task.

        None if ``scores`` has no row of them.
        """
        pairs = scores[["task_id", "test_subset"]].drop_duplicates()
        if self.task is not None:
            pairs = pairs[pairs["task_id"] == self.task]
        if self.test_subset is not None:
            pairs = pairs[pairs["test_subset"] == self.test_subset]
        if pairs.empty:
            return None
        subset = pairs.groupby("test_subset", sort=False).size().idxmax()
        return str(pairs.loc[pairs["test_subset"] == subset, "task_id"].iloc[0]), str(subset)


_WITH_MATPLOTLIB = ("DejaVu Sans", "serif", "sans-serif", "monospace")


@cache
def font_problem(font: str) -> str | None:
    """Why matplotlib cannot draw with a font; None if it can.

    Matplotlib takes most of a second to import, and is asked only about fonts that it does not bring along.
    """
    if font in _WITH_MATPLOTLIB:
        return None
    from matplotlib import font_manager

    families = sorted(set(font_manager.get_font_names()))
    if font in families:
        return None
    near = nearest_name(font, families)
    hint = f"did you mean {near!r}?" if near else f"installed: {listed(families)}"
    return f"expected an installed font, got {font!r}; {hint}"


def color_problem(color: str) -> str | None:
    """Why matplotlib does not know a colour; None if it does. (Matplotlib is not asked about "#RRGGBB".)"""
    if _HEX.fullmatch(color):
        return None
    from matplotlib.colors import get_named_colors_mapping, is_color_like

    if is_color_like(color):
        return None
    return (
        f'expected a colour such as "#0072B2" or navy, got {color!r}; {nearest(color, [*get_named_colors_mapping()])}'
    )


def hex_color(color: str) -> str:
    """A colour as "#RRGGBB"."""
    if re.fullmatch("#[0-9A-Fa-f]{6}", color):
        return color
    from matplotlib.colors import to_hex

    return to_hex(color)


def check_font(font: str) -> None:
    """Raise a SoakError if matplotlib has no font of this name."""
    if problem := font_problem(font):
        raise SoakError(f"config: figures.style.font: {problem}")
