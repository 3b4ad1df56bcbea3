"""Two small tables of which the answer is known, from the rows to the verdict: a mirrored relation, and pure noise."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from verdict_cases import judge

from soak import SameOtherSizesCV
from soak.scores.ttests import row_error
from soak.tables import TABLES

CASES = Path(__file__).parents[1] / "files/cases"
MODELS = {"featureless": DummyClassifier(), "neighbours": KNeighborsClassifier(), "logistic": LogisticRegression()}


def verdicts_of(file: str) -> pd.DataFrame:
    """The verdicts on a table with columns site and y, by the splitter and scikit-learn."""
    table = pd.read_csv(CASES / file)
    x, y = table.drop(columns=["site", "y"]), table["y"].to_numpy()
    splits = SameOtherSizesCV(folds=5).instantiate(table["site"], stratum=[table["y"]])
    rows, wrong = [], {}
    for split in splits.table.itertuples():
        train, test = splits.train(split.iteration), splits.test(split.iteration)
        for name, model in MODELS.items():
            losses = model.fit(x.iloc[train], y[train]).predict(x.iloc[test]) != y[test]
            wrong.setdefault((split.test_subset, name, split.train_subsets), np.full(len(y), np.nan))[test] = losses
            values = split._asdict() | {"task_id": "T", "algorithm": name}
            rows.append([*(values[column] for column in TABLES["scores"].columns), losses.mean()])
    errors = [
        ("T", subset, name, f"{train}-{other}", "zero_one_loss", row_error((losses - against)[~np.isnan(losses)]))
        for (subset, name, train), losses in wrong.items()
        for other, against in (
            ("same", wrong[subset, name, "same"]),
            ("reference", wrong[subset, "featureless", "same"]),
        )
    ]
    columns = ["task_id", "test_subset", "algorithm", "comparison", "measure", "row_error"]
    scores = pd.DataFrame(rows, columns=[*TABLES["scores"].columns, "zero_one_loss"])
    return judge(scores, row_errors=pd.DataFrame(errors, columns=columns))


def test_the_clearest_possible_difference_is_worse() -> None:
    """Other is wrong in every row, same in none: no fold differs from another."""
    other = verdicts_of("mirror.csv").query("comparison == 'other-same'")
    assert other["mean_diff"].tolist() == [1, 1]
    assert set(other["verdict"]) == {"worse"}
    assert (other["ci_low"] > 0.9).all()
    assert (other["ci_high"] == 1).all()
    assert other["text"].str.contains("it is worse than guessing").all()


def test_of_noise_nothing_is_learned() -> None:
    table = verdicts_of("noise.csv")
    south = table[table["test_subset"] == "south"]
    assert set(south["verdict"]) == {"nothing learned"}
    assert not set(table["verdict"]) & {"better", "worse", "similar"}


@pytest.mark.parametrize("file", ["mirror.csv", "noise.csv"])
def test_every_comparison_has_a_p_value(file: str) -> None:
    assert verdicts_of(file)["p_holm"].notna().all()
