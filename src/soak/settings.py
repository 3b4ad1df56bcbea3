"""The base class of all parts of the config."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A part of the config: an unknown key is an error, and values do not change after validation.

    A subclass may raise a ValueError whose text begins with one of its keys and a colon, such as "rows: must be even":
    the message names that key of the config then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
