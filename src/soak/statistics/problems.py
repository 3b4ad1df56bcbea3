"""What cannot be answered from a score table, in words: for the report, beside what can."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from soak.statistics.summaries import first_measures, measure_columns


def problems(
    scores: pd.DataFrame, algorithm: str = "best", featureless: Collection[str] = ("featureless",)
) -> list[str]:
    """One sentence for each thing that keeps a task from its verdict, in the order of the tasks.

    A task whose fits all failed, with one subset or one fold only, without same (or anything else than same), without
    an algorithm that can decide, and scores that are empty.

    Parameters
    ----------
    scores : DataFrame
    algorithm : str
        That decides: ``verdict.algorithm`` of the config.
    featureless : collection of str
        Algorithms that use no features.
    """
    found = []
    measures = first_measures(scores)
    for task, rows in scores.groupby("task_id", sort=False):
        if task not in measures:
            found.append(f"{task}: no score could be had (all fits failed, see the table of fits); it is not drawn.")
            continue
        found += [f"{task}: {text}" for text in _design(rows)]
        scored = set(rows.loc[rows[measures[task]].notna(), "algorithm"])
        if algorithm not in ("best", *scored):
            found.append(f"{task}: no score of {algorithm}, which verdict.algorithm names, so there is no verdict.")
        elif scored <= set(featureless) - {algorithm}:
            found.append(f"{task}: only scores of models that use no features, so there is no verdict.")
        found += [f"{task}: {text}" for text in _empty(rows)]
    return found


def _design(rows: pd.DataFrame) -> list[str]:
    texts = []
    subsets = rows["test_subset"].unique()
    trained = set(rows["train_subsets"])
    if len(subsets) == 1:
        texts.append(f"one subset only ({subsets[0]}): nothing to compare, so there is no verdict.")
    elif "same" not in trained:
        texts.append("no scores after training on the same subset: nothing to compare with, so there is no verdict.")
    elif trained == {"same"}:
        texts.append("only scores after training on the same subset: nothing to compare, so there is no verdict.")
    if rows[["test_fold", "seed"]].drop_duplicates().shape[0] == 1:
        texts.append("one fold only: standard deviations and P values are undefined.")
    return texts


def _empty(rows: pd.DataFrame) -> list[str]:
    """Scores that are missing; a measure that the task does not have at all is none of its problems."""
    texts = []
    for measure in measure_columns(rows):
        missing = rows[rows[measure].isna()]
        if 0 < len(missing) < len(rows):
            algorithms = ", ".join(missing["algorithm"].unique())
            texts.append(
                f"{len(missing)} of {len(rows)} scores of {measure} are empty ({algorithms}): means, standard deviations "
                "and P values are over the others."
            )
    return texts


def read_notes(files: Iterable[str | Path]) -> list[str]:
    """What was left out of scores from elsewhere, one line each, as rule import_scores wrote it."""
    return [note for file in files for note in Path(file).read_text().splitlines()]
