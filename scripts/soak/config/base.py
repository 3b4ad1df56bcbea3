"""What all parts of the config share: unknown keys are errors, and values do not change."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A part of the config."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
