"""Score tables for the figures' tests: made up, but shaped as real runs are; and what is looked for in every figure."""

from collections.abc import Collection
from unittest.mock import patch

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from soak.figures.catalog import all_figures, draw
from soak.figures.page import Drawn, Page
from soak.figures.results import Results
from soak.figures.settings import StyleSettings
from soak.scores.scoring import OWN_COLUMNS
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import pvalues, pvalues_downsample
from soak.scores.transfer import transfer
from soak.scores.verdicts import verdicts
from soak.tables import TABLES

LONG_NAMES = [f"Region number {number} of the long river valley" for number in range(1, 7)] + [
    f"site_{number}_with_underscores_and_a_long_tail" for number in range(7, 13)
]
ALGORITHMS = ("featureless", "cv_glmnet_min", "linear_mlp")


def names_of(group: str) -> list[str]:
    """Names of the figures of a group."""
    return [figure.name for figure in all_figures().values() if figure.group == group]


def make_scores(
    tasks: list[str],
    subsets: list[str],
    *,
    algorithms: tuple[str, ...] = ALGORITHMS,
    folds: int = 3,
    sizes: tuple[int, ...] = (),
    regressions: int = 0,
) -> pd.DataFrame:
    """Scores of every task on every subset; the first tasks are regressions, each on a scale of its own."""
    random = np.random.default_rng(0)
    rows = []
    for number, task in enumerate(tasks):
        shift = random.choice([0, 0.02, 0.1, 0.4])
        for train in ("all", "other", "same"):
            full = {"same": 60, "other": 60 * (len(subsets) - 1), "all": 60 * len(subsets)}[train]
            for fold in range(1, folds + 1):
                for subset in subsets:
                    for size in sorted({*[size for size in sizes if size < full], full}):
                        for place, algorithm in enumerate(algorithms):
                            worse = shift if train == "other" else 0.05 * shift
                            mean = 0.9 if place == 0 else 0.05 + 0.02 * place + worse + 0.5 / np.sqrt(size)
                            value = float(np.clip(mean * np.exp(0.1 * random.standard_normal()), 0, 1))
                            regression = number < regressions
                            scores = (np.nan, 1000 * 10**number * value) if regression else (value, np.nan)
                            rows.append((task, subset, train, fold, 1, full, size, 0, algorithm, size, 30, *scores))
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, "zero_one_loss", "mean_squared_error"])


CASES = {
    "two_tasks": make_scores(["diabetes", "Digits_font"], ["digits", "font_digits_rot"], regressions=1),
    "long_names": make_scores(
        ["A_task_with_a_really_long_name_of_its_own"],
        LONG_NAMES,
        algorithms=("featureless", "cv_glmnet_1se", "a_convolutional_network_with_dropout_and_more"),
        sizes=(15,),
    ),
    "many_tasks": make_scores([f"Task_{number:02d}" for number in range(20)], ["east", "west"], regressions=3),
    "one_fold": make_scores(["One"], ["A", "B"], folds=1),
    "sizes": make_scores(["T1", "T2"], ["East", "West"], sizes=(7, 15, 60)),
    "sizes_of_two_measures": make_scores(["T1", "T2"], ["East", "West"], sizes=(15,), regressions=1),
}


def own_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of each subset's own models on every subset: those of same, and on the other subsets worse ones."""
    same = scores[(scores["train_subsets"] == "same") & (scores["n_train_groups"] == scores["groups"])]
    same = same.assign(train_subset=same["test_subset"])
    measures = [name for name in scores.columns if name not in TABLES["scores"].columns]
    parts = []
    for number, subset in enumerate(same["test_subset"].unique()):
        worse = np.where(same["test_subset"] == subset, 1, 1.5 + 4 * (number % 3))
        parts.append(same.assign(test_subset=subset, **{name: same[name] * worse for name in measures}))
    return pd.concat(parts)[[*OWN_COLUMNS, *measures]] if parts else pd.DataFrame(columns=[*OWN_COLUMNS, *measures])


def results(scores: pd.DataFrame, references: Collection[str] = ("featureless",)) -> Results:
    """What the figures of results are drawn from."""
    tests = pvalues(scores)
    return Results(
        scores,
        tests,
        verdicts(scores, VerdictSettings(), references=references),
        pvalues_downsample(scores),
        transfer(own_scores(scores), references),
        frozenset(references),
    )


def checked(name: str, inputs: object, task: str = "", **style: object) -> Drawn:
    """A figure, drawn and looked over."""
    settings = StyleSettings(**style)
    drawn = draw(name, inputs, settings, task)
    with Page(settings=settings).applied():
        check_texts(drawn.figure, name)
    return drawn


def check_texts(figure: Figure, name: str) -> None:
    """No text that is drawn is cut by the figure's edge, and no two of them overlap."""
    boxes = []
    draw = Text.draw

    def draw_and_note(text: Text, renderer: RendererAgg, *args: object) -> None:
        if text.get_visible() and text.get_text().strip():
            boxes.append((text.get_text(), Text.get_window_extent(text, renderer)))
        draw(text, renderer, *args)

    with patch.object(Text, "draw", draw_and_note):
        FigureCanvasAgg(figure).draw()
    assert boxes
    words, edges = [text for text, _ in boxes], np.array([box.extents for _, box in boxes])  # left, bottom, right, top
    room = np.array([-1, -1, figure.bbox.width + 1, figure.bbox.height + 1])
    cut = (edges[:, :2] < room[:2]).any(axis=1) | (edges[:, 2:] > room[2:]).any(axis=1)
    assert not cut.any(), f"{name}: '{words[cut.argmax()]}' is cut: {edges[cut.argmax()]} in {room}"
    shared = np.minimum(edges[:, None, 2:], edges[:, 2:]) - np.maximum(edges[:, None, :2], edges[:, :2])
    for first, second in np.argwhere(np.triu((shared > 2).all(axis=2), k=1)):
        raise AssertionError(f"{name}: '{words[first]}' overlaps '{words[second]}' by {shared[first, second]} pixels")
