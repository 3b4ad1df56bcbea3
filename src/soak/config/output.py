"""Settings of the figures."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from soak.settings import Settings

_COLOR = r"^#[0-9A-Fa-f]{6}$"


def _color(value: Any) -> Any:
    if value is None:  # what follows # is a comment
        raise ValueError('needed is a colour as "#RRGGBB", for instance "#0072B2", in quotes since # starts a comment')
    if not isinstance(value, str) or not re.fullmatch(_COLOR, value):
        raise ValueError(f'{value!r} is not allowed; needed is a colour as "#RRGGBB", for instance "#0072B2"')
    return value


Color = Annotated[str, BeforeValidator(_color), Field(json_schema_extra={"pattern": _COLOR})]


class StyleSettings(Settings):
    """How the figures look; the defaults suit a page and a screen."""

    font: str = Field(default="DejaVu Sans", description="family, as matplotlib knows it")
    font_size: float = Field(default=8, ge=4, le=24, description="of text and labels, in points")
    scale: float = Field(default=1, ge=0.5, le=3, description="of the panels' width and height")
    dpi: int = Field(default=150, ge=50, le=600, description="of PNG files")
    caption: bool = Field(default=True, description="a sentence below each figure that says how to read it")
    colors: dict[Literal["same", "other", "all", "subtrain", "validation"], Color] = Field(
        default={},
        description='"#RRGGBB" in place of the default (Okabe-Ito) colours',
        examples=[{"same": "#0072B2"}],
    )


def _formats(values: list[str]) -> list[str]:
    """PNG is always drawn: the report shows it."""
    return list(dict.fromkeys(["png", *values]))


class FigureSettings(Settings):
    """Files and style of the figures."""

    formats: Annotated[list[Literal["png", "pdf", "svg"]], AfterValidator(_formats)] = Field(
        default=["png", "pdf"], description="png is always among them", examples=[["png", "svg"]]
    )
    style: StyleSettings = Field(default=StyleSettings(), examples=[{"font_size": 10}])
    own: list[str] = Field(
        default=[],
        examples=[["my_figures.folds"]],
        exclude=True,  # a new one draws no other again
        description="import paths of functions of one's own, drawn as figures/own/NAME: "
        "function(tables) gives a matplotlib figure and a DataFrame of the numbers drawn",
    )


class TutorialSettings(Settings):
    """What the figures of single fits show (torch_loop, glmnet_path; history_mlp, history_graph)."""

    dataset: str | None = Field(default=None, description="of torch_loop and glmnet_path; default: the last of images")
    task: str | None = Field(default=None, description="of history_mlp and history_graph; default: the last of images")
    seed: int = Field(default=1, ge=0, description="of torch_loop's start")


class FocusSettings(Settings):
    """Which test subset train_other and same_other_all show."""

    task: str | None = Field(default=None, description="of same_other_all; default: the first that has the test subset")
    test_subset: str | None = Field(default=None, description="default: the one that most tasks have")
