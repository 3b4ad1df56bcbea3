"""From the predictions of fits to scores: a number per split, algorithm and measure; and the tables of the fits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from soak.files import atomic
from soak.fitting.record import FitRecord, read_pack, runs
from soak.learners.base import Prediction
from soak.measures import Measure
from soak.resampling.store import StoredSplits
from soak.scores.reference import REFERENCE, fit_reference, reference_scores, same_splits
from soak.scores.summaries import COMPARED
from soak.scores.ttests import row_error
from soak.tables import TABLES
from soak.tasks.task import Task

_Piece = tuple[str, str, int, str]  # train set, test subset, test fold, algorithm
ROW_ERROR_COLUMNS = ("task_id", "test_subset", "algorithm", "comparison", "measure", "row_error")
OWN_COLUMNS = ("task_id", "test_subset", "train_subset", "test_fold", "algorithm")


@dataclass(frozen=True)
class Scored:
    """What comes of the fits of a task.

    Attributes
    ----------
    scores : DataFrame
        The table scores, rows by iteration and algorithm (in the order of the learners); a measure is NaN where the
        fit failed or the measure is undefined.
    own : DataFrame
        Columns `OWN_COLUMNS`, and one per measure: scores of each subset's own models on the same fold of every subset,
        of which the table transfer is made. Rows that could not be predicted are missing.
    fits : list of FitRecord
        All fits, without predictions: by train set, as the splits first name them, then by learner; those of an internal
        reference last.
    reference : DataFrame
        Scores of the reference (see `soak.scores.reference`): task_id, test_subset, test_fold, and one column per measure.
    row_errors : DataFrame
        Columns `ROW_ERROR_COLUMNS`: of measures that are means over rows, the standard error of each difference from
        the losses of the single rows (see `soak.scores.ttests.row_error`). Comparisons are those of the P values, and
        same-reference, other-reference, all-reference.
    """

    scores: pd.DataFrame
    own: pd.DataFrame
    fits: list[FitRecord]
    reference: pd.DataFrame = field(default_factory=pd.DataFrame)
    row_errors: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ROW_ERROR_COLUMNS)))


def score_task(
    task: Task,
    splits: StoredSplits,
    algorithms: Mapping[str, Sequence[str]],
    packs: Mapping[str, Iterable[str | Path]],
    measures: Sequence[Measure],
    folder: str | Path,
    references: Sequence[str] = (),
    seed: int = 1,
) -> Scored:
    """Score all splits of a task, and write its predictions row by row.

    The predictions of one learner at a time are in memory, and those for the transfer map of one fit.

    Parameters
    ----------
    task : Task
    splits : StoredSplits
    algorithms : mapping of learner to the names that it reports as
    packs : mapping of learner to the folders of its packs
    measures : sequence of Measure
    folder : path
        results/predictions/TASK; gets LEARNER.parquet, the table `PREDICTIONS`, with rows by iteration, algorithm, row.
    references : sequence of str
        Algorithms that use no feature. If none of them is trained on *same*, the reference is fitted here.
    seed : int
        ``seed.train``, for that fit.
    """
    table, same = splits.table, same_splits(splits)
    named = [(learner, name) for learner, names in algorithms.items() for name in names if name in references]
    own: list[FitRecord] = []
    guessing, name = "", REFERENCE
    if named and (table["train_subsets"] == "same").any():
        guessing, name = named[0]
    else:
        own = fit_reference(task, splits, seed)
    guessed = _row_values(task, same, name, dict(piece for record in own for piece in _pieces(record)), measures)
    scored, errors = {}, {}
    # All need the reference, so it comes first.
    for learner in sorted(algorithms, key=lambda learner: learner != guessing):
        names, predictions = algorithms[learner], dict[_Piece, pa.Table]()
        scored[learner] = score_fits(task, table, names, _records(packs[learner]), measures, predictions)
        _write_predictions(Path(folder) / f"{learner}.parquet", task, table, names, predictions)
        if learner == guessing:
            guessed = _row_values(task, same, name, predictions, measures)
        errors[learner] = [
            error for one in names for error in _row_errors(task, table, one, predictions, measures, guessed)
        ]
    joined = join_scored(table, [scored[learner] for learner in algorithms])
    of_reference = score_fits(task, same, [name], own, measures) if own else joined
    return replace(
        joined,
        fits=joined.fits + (of_reference.fits if own else []),
        reference=reference_scores(of_reference.scores, [name]),
        row_errors=pd.DataFrame(
            [error for learner in algorithms for error in errors[learner]], columns=list(ROW_ERROR_COLUMNS)
        ),
    )


def _records(packs: Iterable[str | Path]) -> Iterator[FitRecord]:
    """Fits of packs with their predictions and histories."""
    return (record for pack in packs for record in read_pack(pack, "predictions", "history"))


def _row_values(
    task: Task,
    splits: pd.DataFrame,
    algorithm: str,
    predictions: Mapping[_Piece, pa.Table],
    measures: Sequence[Measure],
) -> dict[tuple[str, str, str], np.ndarray]:
    """Loss of each row, NaN for other rows, by test subset, train subsets and measure: at full size, first seed."""
    full = splits[splits["n_train_groups"] == splits["groups"]]
    full = full.drop_duplicates(["test_subset", "train_subsets", "test_fold"])
    values: dict[tuple[str, str, str], np.ndarray] = {}
    for split in full.itertuples():
        table = predictions.get((split.train_set, split.test_subset, split.test_fold, algorithm))
        if table is None:
            continue
        rows, prediction = table["row"].to_numpy(), read_prediction(table, task.classes)
        for measure in measures:
            losses = measure.row_values(task.target[rows], prediction, task.classes)
            if losses is not None:
                key = (split.test_subset, split.train_subsets, measure.name)
                values.setdefault(key, np.full(len(task.target), np.nan))[rows] = losses
    return values


def _row_errors(
    task: Task,
    splits: pd.DataFrame,
    algorithm: str,
    predictions: Mapping[_Piece, pa.Table],
    measures: Sequence[Measure],
    guessed: Mapping[tuple[str, str, str], np.ndarray],
) -> Iterable[dict[str, Any]]:
    """Rows of the table of row errors, of one algorithm; the losses of one test subset at a time are in memory."""
    for _, of_subset in splits.groupby("test_subset", sort=False):
        values = _row_values(task, of_subset, algorithm, predictions, measures)
        for (subset, train, measure), losses in values.items():
            others = {"reference": guessed.get((subset, "same", measure))}
            if train in COMPARED:
                others["same"] = values.get((subset, "same", measure))
            for name, other in others.items():
                if other is not None:
                    differences = losses - other
                    keys = (task.name, subset, algorithm, f"{train}-{name}", measure)
                    error = row_error(differences[~np.isnan(differences)])
                    yield dict(zip(ROW_ERROR_COLUMNS, (*keys, error), strict=True))


def score_fits(
    task: Task,
    splits: pd.DataFrame,
    algorithms: Sequence[str],
    records: Iterable[FitRecord],
    measures: Sequence[Measure],
    predictions: dict[_Piece, pa.Table] | None = None,
) -> Scored:
    """Score the fits of one learner.

    Parameters
    ----------
    algorithms : sequence of str
        Names that the learner reports as.
    records : iterable of FitRecord
        All of its fits, with their predictions.
    predictions : dict, optional
        Gets the predictions of each train set, test set and algorithm that are of a split.
    """
    of_splits = set(splits[["train_set", "test_subset", "test_fold"]].itertuples(index=False, name=None))
    values: dict[_Piece, list[float]] = {}
    fits = []
    for record in records:
        for piece, table in _pieces(record):
            values[piece] = _score(task, table, measures)
            if predictions is not None and piece[:3] in of_splits:
                predictions[piece] = table
        fits.append(_without_predictions(record))
    names = [measure.name for measure in measures]
    return Scored(_scores(splits, algorithms, names, values), _own_scores(splits, algorithms, names, values), fits)


def first_measures_first(scores: pd.DataFrame, measures: Iterable[Sequence[str]]) -> pd.DataFrame:
    """A score table whose columns have each task's first measure before its others, since it decides the task's verdict.

    Parameters
    ----------
    measures : iterable of sequences of str
        Those of each task, in its order; the config's check has seen that such an order exists.
    """
    lists = list(measures)
    left = list(dict.fromkeys(name for names in lists for name in names))
    others = [column for column in scores.columns if column not in left]
    order: list[str] = []
    while left:
        waits = {name for names in lists if names and names[0] in left for name in names[1:]}
        order.append(next((name for name in left if name not in waits), left[0]))
        left.remove(order[-1])
    return scores[others + order]


def join_scored(splits: pd.DataFrame, learners: Sequence[Scored]) -> Scored:
    """The scores and fits of a task's learners in one, in the order of the tables."""
    scores = pd.concat([one.scores for one in learners], ignore_index=True)
    own = pd.concat([one.own for one in learners], ignore_index=True)
    order = {name: number for number, name in enumerate(splits["train_set"].drop_duplicates())}
    return Scored(
        scores.sort_values("iteration", kind="stable", ignore_index=True),
        own,
        sorted((fit for one in learners for fit in one.fits), key=lambda record: order[record.train_set]),
    )


def _without_predictions(record: FitRecord) -> FitRecord:
    return replace(record, tables={name: table for name, table in record.tables.items() if name != "predictions"})


def _pieces(record: FitRecord) -> Iterator[tuple[_Piece, pa.Table]]:
    """Predictions of a fit for each test set and algorithm; none of a failed fit."""
    table = record.tables.get("predictions")
    if table is not None:
        keys = [table[name] for name in ("algorithm", "test_subset", "test_fold")]
        for part in runs(*keys):
            algorithm, subset, fold = (key[part.start].as_py() for key in keys)
            yield (record.train_set, subset, fold, algorithm), table.slice(part.start, part.stop - part.start)


def _scores(
    splits: pd.DataFrame, algorithms: Sequence[str], measures: Sequence[str], values: Mapping[_Piece, list[float]]
) -> pd.DataFrame:
    undefined = [np.nan] * len(measures)
    rows = []
    for split in splits.to_dict("records"):
        for name in algorithms:
            found = values.get((split["train_set"], split["test_subset"], split["test_fold"], name), undefined)
            rows.append(split | {"algorithm": name} | dict(zip(measures, found, strict=True)))
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, *measures])


def _own_scores(
    splits: pd.DataFrame, algorithms: Sequence[str], measures: Sequence[str], values: Mapping[_Piece, list[float]]
) -> pd.DataFrame:
    """Scores of each subset's own models, those of *same* at full size, on their fold of every subset."""
    same = splits[(splits["train_subsets"] == "same") & (splits["n_train_groups"] == splits["groups"])]
    same = same.drop_duplicates(["test_subset", "test_fold"])  # seeds repeat splits of the full size
    subsets = same["test_subset"].drop_duplicates()
    rows = [
        {
            "task_id": split.task_id,
            "test_subset": tested,
            "train_subset": split.test_subset,
            "test_fold": split.test_fold,
        }
        | {"algorithm": name}
        | dict(zip(measures, values[piece], strict=True))
        for split in same.itertuples()
        for tested in subsets
        for name in algorithms
        if (piece := (split.train_set, tested, split.test_fold, name)) in values
    ]
    return pd.DataFrame(rows, columns=[*OWN_COLUMNS, *measures]).astype(dict.fromkeys(measures, float))


def _score(task: Task, table: pa.Table, measures: Sequence[Measure]) -> list[float]:
    target, prediction = task.target[table["row"].to_numpy()], read_prediction(table, task.classes)
    return [measure(target, prediction, task.classes) for measure in measures]


def _write_predictions(
    path: Path,
    task: Task,
    splits: pd.DataFrame,
    algorithms: Sequence[str],
    predictions: Mapping[_Piece, pa.Table],
) -> None:
    """The table `PREDICTIONS` of one learner, rows by iteration, algorithm and row."""
    parts = [
        _named_prediction(task, table, split.iteration, name)
        for split in splits.itertuples()
        for name in algorithms
        if (table := predictions.get((split.train_set, split.test_subset, split.test_fold, name))) is not None
    ]
    if not parts:  # all fits failed
        types = {"iteration": pa.int64(), "algorithm": pa.string(), "row": pa.int64(), "response": pa.string()}
        parts = [pa.schema(types).empty_table()]
    with atomic(path) as temporary:
        joined = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        pq.write_table(joined, temporary, compression="zstd")


def _named_prediction(task: Task, table: pa.Table, iteration: int, algorithm: str) -> pa.Table:
    """Predictions of a split and algorithm, classes by name."""
    response = table["response"].combine_chunks()
    if task.classes:
        response = pa.DictionaryArray.from_arrays(response, pa.array(task.classes, pa.string()))
    columns: dict[str, Any] = {
        "iteration": np.full(len(table), iteration),
        "algorithm": pa.array([algorithm] * len(table)).dictionary_encode(),
        "row": table["row"] if task.row is None else task.row[table["row"].to_numpy()],
        "response": response,
    }
    return pa.table(columns | {name: table[name] for name in table.column_names if name.startswith("prob.")})


def read_prediction(table: pa.Table, classes: Sequence[str]) -> Prediction:
    """The prediction that rows of a table "predictions" hold; columns ``prob.NAME`` are null without probabilities."""
    names = [f"prob.{label}" for label in classes]
    probabilities = None
    if classes and names[0] in table.column_names and not table[names[0]].null_count:
        probabilities = np.column_stack([table[name].to_numpy() for name in names])
    return Prediction(table["response"].to_numpy(), probabilities)


def fits_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table fits: how each fit ended, and what its learner found."""
    types = {"whole number": "Int64", "yes or no": "boolean", "number": "float"}
    columns = TABLES["fits"].columns
    return _frame(records, columns).astype({n: types[c.kind] for n, c in columns.items() if c.kind in types})


def times_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table times: seconds of training and of predicting, and the peak memory of the process while it trained."""
    return _frame(records, TABLES["times"].columns).round(3)


def history_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table history: measures per epoch of the learners that have epochs."""
    columns = list(TABLES["history"].columns)
    parts = [
        record.tables["history"]
        .to_pandas()
        .assign(task_id=record.task, train_set=record.train_set, algorithm=record.learner)
        for record in records
        if "history" in record.tables
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _frame(records: Iterable[FitRecord], columns: Iterable[str]) -> pd.DataFrame:
    """One row per record, columns from its fields and what its learner found."""
    rows = [{**vars(record), **record.info, "task_id": record.task} for record in records]
    return pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=list(columns))
