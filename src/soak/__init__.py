"""SOAK: Same/Other/All K-fold cross-validation."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soak.resampling.splitter import SameOtherSizesCV

__all__ = ["SameOtherSizesCV"]


def __getattr__(name: str) -> Any:
    """Import the splitter when it is first asked for, so that ``import soak`` costs nothing."""
    if name == "SameOtherSizesCV":
        from soak.resampling.splitter import SameOtherSizesCV

        return SameOtherSizesCV
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
