"""What is in the report, in which order, and how to cite it."""

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
