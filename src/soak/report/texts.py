"""What is in the report, in which order, and how to cite it."""

TABLES = {
    "stats": "mean and SD over folds and seeds",
    "pvalues": "t tests of all and other against same",
    "pvalues_downsample": "the same at equal train sizes (n_train_groups; empty: full sizes)",
    "verdicts": "what is better or worse, in words",
    "scores": "every test score",
    "splits": "every split and its train set",
    "fold_counts": "rows of each fold, by subset and stratum",
    "fits": "every fit and how it ended",
    "times": "what every fit cost",
}  # in the order of the report
# Figures in the order of the report; others follow by name.
FIGURES = [
    "overview",
    "test_error_mean_sd",
    "train_other",
    "same_other_all",
    "pvalue",
    "pvalue_downsample",
    "sizes",
    "test_error",
    "images",
    "images_rot",
    "torch_loop",
    "glmnet_path",
    "history_mlp",
    "history_graph",
    "history_selected",
]
CITATION = (
    "Hocking TD, Thibault G, Bodine CS, Nelson Arellano P, Shenkin AF, Lindly OJ. SOAK: Same/Other/All K-fold "
    "cross-validation for estimating similarity of patterns in data subsets. arXiv 2410.08643 (2024)."
)
BIBTEX = """@article{hocking2024soak,
  title = {{SOAK}: Same/Other/All K-fold cross-validation for estimating similarity of patterns in data subsets},
  author = {Hocking, Toby Dylan and Thibault, Gabrielle and Bodine, Cameron Scott and Nelson Arellano, Paul and
            Shenkin, Alexander F and Lindly, Olivia Jasmine},
  journal = {arXiv preprint arXiv:2410.08643},
  year = {2024}
}"""
