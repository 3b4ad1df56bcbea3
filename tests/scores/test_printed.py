"""The table summary."""

import pandas as pd
import pytest

from soak.scores.printed import PRINTED, summary
from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import verdicts
from soak.tables import TABLES, write_table

NAMES = "task_id test_subset train_subsets test_fold seed groups n_train_groups iteration algorithm n_train n_test"


def scores() -> pd.DataFrame:
    means = {"same": 0.1, "other": 0.5, "all": 0.12}
    rows = [
        ("T", subset, train, fold, 1, 60, 60, 1, algorithm, 60, 30, (0.9 if guess else means[train]) + 0.01 * fold)
        for subset in ("north & south", "west")
        for train in means
        for fold in (1, 2, 3)
        for algorithm, guess in (("linear", False), ("featureless", True))
    ]
    return pd.DataFrame(rows, columns=[*NAMES.split(), "zero_one_loss"])


def test_means_differences_and_verdicts_as_people_print_them() -> None:
    table = summary(verdicts(scores(), VerdictSettings(), references=["featureless"]), scores())
    assert list(table.columns) == list(TABLES["summary"].columns) == list(PRINTED)
    row = table.iloc[0]
    assert row[["rows", "guessing", "same", "other"]].tolist() == ["90", "92.0", "12.0 ± 1.0", "52.0 ± 1.0"]
    assert row["other_same"].startswith("+40")
    assert len(table) == 2


def test_a_run_without_verdicts_has_an_empty_summary() -> None:
    one = scores().query("train_subsets == 'same'")
    assert summary(verdicts(one, VerdictSettings()), one).empty


@pytest.mark.parametrize(("form", "text"), [("md", "| north & south |"), ("tex", r"north \& south")])
def test_it_is_written_for_documents_too(tmp_path, form: str, text: str) -> None:  # type: ignore[no-untyped-def]
    table = summary(verdicts(scores(), VerdictSettings(), references=["featureless"]), scores())
    write_table(TABLES["summary"], table, tmp_path / "summary.csv", table.rename(columns=PRINTED))
    written = (tmp_path / f"summary.{form}").read_text(encoding="utf-8")
    assert text in written
    assert "12.0" in written
