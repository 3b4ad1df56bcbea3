"""Tables and figures of a small run, as the report gets them."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from soak.scores.settings import VerdictSettings
from soak.scores.summaries import pvalues, pvalues_downsample, stats
from soak.scores.verdicts import verdicts
from soak.tables import TABLES

SPLIT = ["task_id", "test_subset", "train_subsets", "test_fold", "seed", "groups", "n_train_groups", "iteration"]
LEARNERS = ("featureless", "a_convolutional_network_with_dropout", "linear_mlp")


def make_scores() -> pd.DataFrame:
    random = np.random.default_rng(1)
    rows = []
    for task, measure in (("Digits", 0), ("diabetes", 1)):
        iteration = 0
        for train, full in (("all", 120), ("other", 60), ("same", 60)):
            for fold in (1, 2, 3):
                for subset in ("</script><b>the north of the long river valley", "south"):
                    for size in sorted({60, full}):
                        iteration += 1
                        for place, algorithm in enumerate(LEARNERS):
                            value = (0.9 - 0.4 * place + 0.2 * (train == "other")) * random.uniform(0.9, 1.1)
                            scores = [np.nan, np.nan]
                            scores[measure] = 1000 * value if measure else value
                            key = (task, subset, train, fold, 1, full, size, iteration, algorithm, size, 30)
                            rows.append((*key, *scores))
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, "zero_one_loss", "mean_squared_error"])


def make_tables() -> dict[str, pd.DataFrame]:
    scores = make_scores()
    tests, means = pvalues(scores), stats(scores)
    splits = scores[[*SPLIT, "n_train", "n_test"]].drop_duplicates(ignore_index=True)
    whose = np.where(splits["train_subsets"] == "all", "all", splits["train_subsets"] + "_" + splits["test_subset"])
    size, fold = splits["n_train_groups"].astype(str), splits["test_fold"].astype(str)
    splits["train_set"] = whose + "_" + fold + "_" + size
    fits = splits[["task_id", "train_set"]].drop_duplicates()
    fits = fits.merge(pd.DataFrame({"learner": LEARNERS}), how="cross")
    fits = fits.assign(status="ok", reason="", converged=pd.array([True] * len(fits), dtype="boolean"))
    fits = fits.assign(n_lambda=pd.array([None] * len(fits), dtype="Int64"))
    fits.loc[1, ["converged", "n_lambda"]] = [False, 60]
    fits.loc[2, ["status", "reason"]] = ["failed", "/home/someone/net.py: the loss is not finite after epoch 3"]
    times = fits[["task_id", "train_set", "learner"]].assign(
        n_train=60, seconds=1.5, cpu_seconds=1.25, peak_mb=300.5, predict_seconds=0.5
    )
    return {
        "scores": scores,
        "stats": means,
        "pvalues": tests,
        "pvalues_downsample": pvalues_downsample(scores),
        "verdicts": verdicts(scores, VerdictSettings(), references=("featureless",)),
        "splits": splits,
        "fits": fits,
        "times": times,
    }


def make_figures(folder: Path) -> list[Path]:
    """Two PNG files by the names of figures; what they show does not matter here."""
    paths = [folder / "test_error.png", folder / "overview.png"]
    for path, size in zip(paths, ((1600, 700), (500, 400)), strict=True):
        pixels = np.random.default_rng(0).integers(0, 255, (size[1] // 10, size[0] // 10, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize(size).save(path)
    return paths


CONFIG = {
    "seed": {"resampling": 3, "train": 4},
    "datasets": {"A": {"csv": ["https://example.org/data/a.csv", "/home/someone/secret/a.csv"]}},
    "verdict": {"alpha": 0.1},
}
NETWORKS = {
    "Digits": {"linear_mlp": {"type": "torch_mlp", "network": "Linear(64, 10)\n650 parameters"}},
    "diabetes": {
        "linear_mlp": {"type": "torch_mlp", "network": "Linear(9, 1)"},
        "featureless": {"type": "featureless"},
    },
}
