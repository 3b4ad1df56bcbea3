"""How to read each figure, in a sentence or two: below the figure itself and in the report."""

_PER_TASK = ("confusion", "worst_images", "weights")  # figures of one task are called NAME_TASK

TITLES = {
    "images": "The data: one example per class",
    "images_rot": "The data after transposing",
    "torch_loop": "A plain torch loop: linear model, full-batch gradient descent",
    "glmnet_path": "The same data with glmnet's L1 penalty",
    "history_mlp": "Learning curves: linear_mlp",
    "history_graph": "Learning curves: linear_graph",
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

CAPTIONS = {
    "images": "The first row of each class (columns) of each data set (rows), white to black, as stored. "
    "A data set whose pictures lie on their side needs transpose_of.",
    "images_rot": "As the pictures before, with the transposed data sets in their corrected orientation: "
    "all rows must now stand upright.",
    "torch_loop": "Odd rows are the validation set, even rows the subtrain set. Points mark the minimum of each curve: "
    "where validation is lowest, training should stop; from there on only subtrain gets better.",
    "glmnet_path": "Each penalty lambda of the path gives a model; models get more complex to the right. "
    "Points mark the minimum of each curve: too far right, validation error rises again.",
    "history_mlp": "Measures per epoch on the subtrain and validation halves of one whole task. The vertical line is the "
    "number of epochs with the lowest validation log loss, which is taken for the final fit.",
    "history_graph": "Measures per epoch on the subtrain and validation halves of one whole task. The vertical line is the "
    "number of epochs with the lowest validation log loss, which is taken for the final fit.",
    "history_selected": "Measures per epoch of one train set of the benchmark. The chosen number of epochs (vertical line) "
    "should lie at an intermediate value: at the right end, more epochs would help.",
    "test_error": "One point per fold and seed. Rows: trained on the same subset as tested on, on the others, or on all. "
    "Compare a point with featureless, which ignores the features: left of it, something useful was learned.",
    "test_error_mean_sd": "Mean and standard deviation over folds and seeds of the points of test_error. "
    "Subsets are similar if other is near same, and alike enough to be pooled if all is at or left of same.",
    "train_other": "Mean ± SD over the folds. Left of featureless, the other subsets teach "
    "something that holds here too; right of it, what they teach misleads.",
    "same_other_all": "Mean ± SD over the folds. Other near same: the subsets have similar patterns. All left of same: "
    "pooling helps. All right of same: the others mislead.",
    "pvalue": "Mean ± SD over the folds; grey lines join the means that a paired two-sided t test compares, with its "
    "uncorrected P value. Folds share data, so that P values are optimistic.",
    "pvalue_downsample": "Left: all train sets at their full size; right: same, other and all with equally many train "
    "groups. A difference that is gone on the right was one of size; one that stays is one of pattern.",
    "sizes": "Mean (line) ± SD (band) over folds and seeds, by the number of train groups (log scale). A curve that still "
    "falls at its right end would gain from more data; curves of other that stay above same show other patterns.",
    "overview": "A point per task and test subset, of its verdict's algorithm. Right of 0, other is worse than same; above "
    "0, all is worse than same. Colours: which of the two the corrected test finds. Near 0, 0: similar subsets.",
    "confusion": "Rows: true class; columns: predicted class; share of the true class's test rows in percent, all folds "
    "together, with the verdict's algorithm. The diagonal is right; what is dark off it is confused.",
    "worst_images": "The test images whose true class got the lowest probability, all folds together, after training on "
    "same: true class, then what was predicted with its probability. Wrong labels and odd scans show here.",
    "weights": "The weight of each pixel for each class: purple speaks for the class, orange against it, white is not "
    "used. Each picture has its own scale. L1 (glmnet) uses few pixels, gradient descent spreads over many.",
}


def caption(name: str) -> str:
    """The caption of a figure."""
    return CAPTIONS[_kind(name)]


def title(name: str) -> str:
    """The heading of a figure; of one per task with the task's name."""
    kind = _kind(name)
    return TITLES[kind] if kind == name else f"{TITLES[kind]}: {name[len(kind) + 1 :]}"


def _kind(name: str) -> str:
    if name in CAPTIONS:
        return name
    return next(kind for kind in _PER_TASK if name.startswith(f"{kind}_"))
