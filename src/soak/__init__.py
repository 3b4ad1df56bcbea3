"""SOAK: Same/Other/All K-fold cross-validation."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soak import plot
    from soak.evaluation import evaluate
    from soak.resampling.splitter import SameOtherSizesCV

__all__ = ["SameOtherSizesCV", "evaluate", "plot"]


def __getattr__(name: str) -> Any:
    """Import what is public when it is first asked for, so that ``import soak`` costs nothing."""
    if name == "SameOtherSizesCV":
        from soak.resampling.splitter import SameOtherSizesCV

        return SameOtherSizesCV
    if name == "evaluate":
        from soak.evaluation import evaluate

        return evaluate
    if name == "plot":
        import importlib

        return importlib.import_module("soak.plot")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
