"""The base class of all parts of the config."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_MOST_LETTERS = 200  # of a label


def _check_label(label: str) -> str:
    if not label.strip() or len(label) > _MOST_LETTERS or not label.isprintable():
        raise ValueError(f"expected a label of 1 to {_MOST_LETTERS} letters on one line, got {label!r:.60}")
    return label.strip()


Label = Annotated[str, AfterValidator(_check_label)]


class Settings(BaseModel):
    """A part of the config: an unknown key is an error, and values do not change after validation.

    A subclass may raise a ValueError whose text begins with one of its keys and a colon, such as "rows: must be even":
    the message names that key of the config then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
