"""The heading of each figure, and how to read it, in a sentence or two: below the figure itself and in the reports.

The sentences are files of their own, sentences/NAME.rst, because Snakemake's report takes a caption as a file.
"""

from functools import cache
from pathlib import Path

_SENTENCES = Path(__file__).parent / "sentences"
_PER_TASK = ("confusion", "worst_images", "weights")  # figures of one task are called NAME_TASK

TITLES = {
    "images": "The data: one example per class",
    "images_rot": "The data after transposing",
    "torch_loop": "A plain torch loop: linear model, full-batch gradient descent",
    "glmnet_path": "The same data with glmnet's L1 penalty",
    "history_mlp": "Learning curves of a network",
    "history_graph": "Learning curves of a graph of operations",
    "history_selected": "Early stopping in the first fit of the benchmark",
    "test_error": "Test error of every fold",
    "test_error_mean_sd": "Test error, mean ± SD over the folds",
    "train_other": "Does training on the other subsets work?",
    "same_other_all": "Same, other, or all?",
    "pvalue": "Same against other and all, with P values",
    "pvalue_downsample": "Different, or only smaller?",
    "sizes": "Test error against the size of the train set",
    "overview": "All tasks at a glance",
    "confusion": "What was confused",
    "worst_images": "The worst test images",
    "weights": "What the linear models look at",
}


def caption_file(name: str) -> Path:
    """The file that holds the caption of a figure."""
    return _SENTENCES / f"{kind(name)}.rst"


@cache
def caption(name: str) -> str:
    """The caption of a figure, in one line; none of a user's own."""
    file = caption_file(name)
    return " ".join(file.read_text(encoding="utf-8").split()) if file.is_file() else ""


def title(name: str) -> str:
    """The heading of a figure; of one per task with the task's name."""
    one = kind(name)
    if one not in TITLES:
        return name.replace("_", " ")
    return TITLES[one] if one == name else f"{TITLES[one]}: {name[len(one) + 1 :]}"


def kind(name: str) -> str:
    """The name of a figure without that of its task."""
    if name in TITLES:
        return name
    return next((one for one in _PER_TASK if name.startswith(f"{one}_")), name)
