"""The tables of results/tables: what each holds, column by column, and how they are written and read.

`TABLES` is the catalogue, in the order of the report: rules, report and docs/tables.md follow from it, and a table's
columns stand nowhere else. To add a table, or a column, is to add a record here and to compute it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from pandas.api import types

from soak.errors import SoakError
from soak.files import atomic
from soak.printed import write_printed

Kind = Literal["text", "whole number", "number", "yes or no", "class or number"]


@dataclass(frozen=True)
class Column:
    """A column: the kind of its values, and what they mean, in one sentence with the unit."""

    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes
    ----------
    name : str
        Its files are results/tables/NAME.FORMAT, unless ``files`` says otherwise.
    title : str
        What it holds, as a phrase: "mean and SD over folds and seeds".
    columns : mapping of str to Column
        In the order of the files.
    needs : {"", "fits", "sizes", "transfer"}
        When there is such a table: always, with fits of one's own (not with scores from elsewhere), with train sets of
        several sizes, or with models of each subset by itself.
    formats : tuple of {"csv", "parquet", "md", "tex"}
        md and tex: as people print it, in Markdown and LaTeX.
    further : Column, optional
        What the columns after these hold, of a table that has as many as there are measures or classes.
    files : str
        Where the files are, without format.
    """

    name: str
    title: str
    columns: Mapping[str, Column]
    needs: Literal["", "fits", "sizes", "transfer"] = ""
    formats: tuple[Literal["csv", "parquet", "md", "tex"], ...] = ("csv", "parquet")
    further: Column | None = None
    files: str = "results/tables/{name}"

    @property
    def paths(self) -> list[str]:
        """Paths of the files, one for each format."""
        return [f"{self.files.format(name=self.name)}.{form}" for form in self.formats]

    def checked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with exactly this table's columns, in their order.

        Raises
        ------
        ValueError
            If a column is missing, is not in the catalogue, or holds another kind of values.
        """
        missing = [name for name in self.columns if name not in frame.columns]
        extra = [name for name in frame.columns if name not in self.columns]
        if missing or (extra and self.further is None):
            raise ValueError(f"table {self.name}: expected the columns {list(self.columns)}, got {list(frame.columns)}")
        ordered = frame[[*self.columns, *extra]]
        for name in ordered.columns:
            column = self.columns.get(name, self.further)
            if column is not None and not _is_kind(ordered[name], column.kind):
                raise ValueError(f"table {self.name}, column {name}: expected {column.kind}, got {ordered[name].dtype}")
        return ordered


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _is_kind(values: pd.Series, kind: Kind) -> bool:
    """Whether values are of a kind; a column without any value may have any type."""
    dtype = values.dtype
    kinds = {
        "text": not types.is_numeric_dtype(dtype),
        "whole number": types.is_integer_dtype(dtype),
        "number": types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype),
        "yes or no": types.is_bool_dtype(dtype),
        "class or number": True,
    }
    return bool(kinds[kind] or values.isna().all())


_ROW = Column("whole number", "Row of the table, from 0; for data sets that are stacked, row of the task.")
_TASK = Column("text", "Name of the task.")
_TEST_SUBSET = Column("text", "Subset whose rows are predicted.")
_ALGORITHM = Column("text", "Algorithm: the name of a learner; for cv_glmnet NAME_min and NAME_1se.")
_TRAIN_SET = Column("text", "Name of the set of train rows; splits that train on the same rows share one.")
_LEARNER = Column("text", "Name of the learner, as in the config.")
_MEASURE = Column("text", "Name of the measure; its values have the unit of that measure.")
_TRAIN_SUBSETS = Column(
    "text", "Subsets trained on: same (the test subset itself), other (all others) or all (all of them)."
)
_SPLIT = {
    "task_id": _TASK,
    "test_subset": _TEST_SUBSET,
    "train_subsets": _TRAIN_SUBSETS,
    "test_fold": Column("whole number", "Fold whose rows of the test subset are predicted, from 1."),
    "seed": Column("whole number", "Number of the random draw of a down-sampled train set, from 1."),
    "groups": Column("whole number", "Groups of rows that the train set has at its full size."),
    "n_train_groups": Column("whole number", "Groups of rows in this train set; fewer than groups if down-sampled."),
    "iteration": Column("whole number", "Number of the split in its task, from 1."),
}
_SIZES = {
    "n_train": Column("whole number", "Rows trained on."),
    "n_test": Column("whole number", "Rows predicted."),
}
_PVALUES = {
    "task_id": _TASK,
    "test_subset": _TEST_SUBSET,
    "algorithm": _ALGORITHM,
    "comparison": Column("text", "Train subsets compared: all-same or other-same."),
    "measure": _MEASURE,
    "mean_diff": Column("number", "Mean over the pairs of the score of all (or other) minus that of same."),
    "p_paired": Column(
        "number",
        "P value of the two-sided paired t test; empty with one pair, or if all differences are the same.",
    ),
    "p_unpaired": Column(
        "number", "P value of Welch's two-sided t test over all scores of both, also those whose partner is missing."
    ),
    "same_mean": Column("number", "Mean score of same."),
    "compare_mean": Column("number", "Mean score of all (or other)."),
    "n": Column("whole number", "Number of pairs: folds and seeds for which both scores exist."),
    "n_folds": Column(
        "whole number", "Number of folds among these pairs; seeds that draw nothing new repeat the same scores."
    ),
    "sd_diff": Column("number", "Standard deviation (n - 1) of the differences; empty for a single pair."),
    "ci_low": Column(
        "number", "Lower limit of the paired t interval of mean_diff at 1 - verdict.alpha; empty where p_paired is."
    ),
    "ci_high": Column("number", "Upper limit of the same interval."),
}
_FIT = {"task_id": _TASK, "train_set": _TRAIN_SET, "learner": _LEARNER}

_TABLES = (
    Table(
        "stats",
        "mean and SD over folds and seeds",
        {
            "task_id": _TASK,
            "test_subset": _TEST_SUBSET,
            "train_subsets": _TRAIN_SUBSETS,
            "n_train_groups": Column("whole number", "Groups of rows in the train sets."),
            "algorithm": _ALGORITHM,
            "measure": _MEASURE,
            "mean": Column("number", "Mean of the scores over folds and seeds."),
            "sd": Column("number", "Standard deviation (n - 1) of the same scores; empty for a single one."),
            "n": Column("whole number", "Number of scores; empty ones are left out."),
        },
    ),
    Table("pvalues", "t tests of all and other against same, each at its full size", _PVALUES),
    Table(
        "pvalues_downsample",
        "the same at equal train sizes (n_train_groups; empty: full sizes)",
        {
            **_PVALUES,
            "n_train_groups": Column(
                "whole number", "Groups of rows that all train sets compared have; empty: each has its full size."
            ),
        },
        needs="sizes",
    ),
    Table(
        "verdicts",
        "may one train on other subsets, or on all? In numbers and words",
        {
            "task_id": _TASK,
            "test_subset": _TEST_SUBSET,
            "comparison": Column("text", "Train subsets compared: other-same or all-same."),
            "algorithm": Column("text", "Algorithm that speaks for this test subset."),
            "measure": _MEASURE,
            "n": Column(
                "whole number", "Number of folds for which both scores exist; all numbers are over means of folds."
            ),
            "reference_mean": Column(
                "number", "Mean score of the reference: featureless, trained on the rows of same; what guessing gets."
            ),
            "same_mean": Column("number", "Mean score of same."),
            "compare_mean": Column("number", "Mean score of all (or other)."),
            "same_skill": Column(
                "number", "Skill of same: 1 is perfect, 0 no better than the reference, below 0 worse."
            ),
            "compare_skill": Column("number", "Skill of all (or other)."),
            "mean_diff": Column("number", "Mean of the score of all (or other) minus that of same."),
            "ci_low": Column("number", "Lower limit of the paired t interval of mean_diff at 1 - verdict.alpha."),
            "ci_high": Column("number", "Upper limit of the same interval."),
            "p_paired": Column("number", "P value of the two-sided paired t test; empty where there is no test."),
            "p_holm": Column("number", "The same, Holm-corrected over the task's comparisons."),
            "p_reference": Column(
                "number", "P value of the one-sided paired t test of whether same beats the reference."
            ),
            "cause": Column(
                "text",
                "Why it is better or worse: fewer rows, more rows, another pattern or unclear; empty without train sets "
                "of equal size.",
            ),
            "mean_diff_equal": Column("number", "mean_diff of train sets of equal size."),
            "p_equal": Column(
                "number",
                "P value of the two-sided paired t test at equal size, before Holm's correction (cause goes by the corrected one).",
            ),
            "detectable": Column(
                "number", "Smallest difference that as many folds with this spread would show in four of five cases."
            ),
            "decide": Column("text", "What would decide: a number of folds, or how many times as many rows."),
            "n_seeds": Column("whole number", "Number of seeds averaged in each fold."),
            "verdict": Column("text", "better, worse, similar, nothing learned or undecided; see docs/verdicts.md."),
            "text": Column("text", "The verdict as a sentence."),
        },
    ),
    Table(
        "summary",
        "means, differences and verdicts as people print them",
        {
            "task_id": Column("text", "Label of the task."),
            "test_subset": Column("text", "Label of the subset whose rows are predicted."),
            "rows": Column("text", "Rows of the test subset."),
            "measure": Column("text", "What the numbers measure, with its unit."),
            "algorithm": Column("text", "Label of the algorithm that speaks for this test subset."),
            "guessing": Column("text", "Mean of the reference."),
            "same": Column("text", "Mean ± SD over the folds, trained on the same subset."),
            "other": Column("text", "The same, trained on the other subsets."),
            "all": Column("text", "The same, trained on all."),
            "other_same": Column("text", "Mean difference of other and same with its interval."),
            "other_verdict": Column("text", "Verdict on training on the others instead."),
            "all_same": Column("text", "Mean difference of all and same with its interval."),
            "all_verdict": Column("text", "Verdict on training on all."),
        },
        formats=("csv", "parquet", "md", "tex"),
    ),
    Table(
        "transfer",
        "each subset's own model on every subset",
        {
            "task_id": _TASK,
            "test_subset": _TEST_SUBSET,
            "train_subset": Column("text", "Subset whose own model (same, at its full size) predicts."),
            "algorithm": _ALGORITHM,
            "measure": _MEASURE,
            "mean": Column("number", "Mean of the score over the folds; the model of a fold predicts that fold."),
            "sd": Column("number", "Standard deviation (n - 1) of the same scores; empty for a single one."),
            "n": Column("whole number", "Number of folds in the mean."),
            "skill": Column(
                "number",
                "Skill score against the reference of the test subset: 1 is perfect, 0 no better than guessing, below 0 "
                "worse; empty where the reference is perfect, there is none, or no perfect value is known.",
            ),
        },
        needs="transfer",
    ),
    Table(
        "scores",
        "every test score",
        {**_SPLIT, "algorithm": _ALGORITHM, **_SIZES},
        further=Column(
            "number",
            "One column per measure: the score of the split; empty if the fit failed or it is undefined. With two classes "
            "f1_score, jaccard_score, precision_score, recall_score and average_precision_score are those of the positive class: "
            "that of tasks.NAME.positive, else the first in order.",
        ),
    ),
    Table(
        "data",
        "what each task became: rows, groups and target of each subset",
        {
            "task_id": _TASK,
            "subset": Column("text", "Subset of the rows; empty for rows of the table that have none."),
            "rows_read": Column("whole number", "Rows that the table or the data sets have."),
            "rows": Column("whole number", "Rows of the task: those that where and impute leave."),
            "groups": Column("whole number", "Distinct groups among these rows; rows, if each is its own group."),
            "target_mean": Column("number", "Mean of the target over these rows; empty for classes."),
            "target_sd": Column("number", "Standard deviation (n - 1) of the same; empty for a single row."),
        },
        needs="fits",
        further=Column("whole number", "class.NAME: rows of the class NAME; empty for tasks without it."),
    ),
    Table(
        "data_notes",
        "what became of columns and rows: features, what is left out, classes and folds to look at",
        {
            "task_id": _TASK,
            "kind": Column(
                "text",
                "What the note is about: features, left_out, excluded, constant, imputed, dropped, class, folds or positive.",
            ),
            "column": Column("text", "Column of the table; empty where the note is not about a single one."),
            "text": Column("text", "The note."),
        },
        needs="fits",
    ),
    Table(
        "datasets",
        "how large and how even each data set is",
        {
            "task_id": _TASK,
            "subset_type": Column(
                "text",
                "Kind of the subsets: that of subset_types, else the name of the subset column, or data set where each "
                "subset is one.",
            ),
            "rows": Column("whole number", "Rows of the task."),
            "features": Column("whole number", "Columns of its feature matrix."),
            "classes": Column("whole number", "Classes that occur; empty for regression."),
            "class_imbalance": Column(
                "number", "Rows of the most frequent class divided by those of the least frequent one."
            ),
            "subsets": Column("whole number", "Subsets."),
            "subset_imbalance": Column("number", "Rows of the largest subset divided by those of the smallest."),
        },
        formats=("csv", "parquet", "md", "tex"),
    ),
    Table("splits", "every split and its train set", {**_SPLIT, "train_set": _TRAIN_SET, **_SIZES}, needs="fits"),
    Table(
        "fold_counts",
        "rows of each fold, by subset and stratum",
        {
            "task_id": _TASK,
            "subset": Column("text", "Subset of the rows."),
            "stratum": Column(
                "text", "Values of the stratum columns, joined by commas; 'all rows' where there are none."
            ),
            "fold": Column("whole number", "Fold, from 1."),
            "rows": Column("whole number", "Rows of this subset and stratum in the fold."),
        },
        needs="fits",
    ),
    Table(
        "fits",
        "every fit and how it ended",
        {
            **_FIT,
            "status": Column(
                "text",
                "ok, failed, or empty where there are no rows to train on; a failed or empty fit leaves its scores empty.",
            ),
            "reason": Column("text", "Why the fit failed, in one line."),
            "note": Column(
                "text", "What to know about the fit, such as classes that no train row has: they get probability 0."
            ),
            "prepared": Column(
                "text",
                "What missing values of each feature were filled in with, and means and standard deviations that features "
                "were scaled by (scale: standard), as JSON; all computed from the train rows alone. Empty where nothing was done.",
            ),
            "converged": Column("yes or no", "Whether the solver reached its tolerance; empty for other learners."),
            "selected_epochs": Column(
                "whole number", "Epochs trained, as chosen on the validation set (torch learners)."
            ),
            "lambda_min": Column("number", "Penalty with the lowest cross-validated loss (cv_glmnet)."),
            "lambda_1se": Column("number", "Largest penalty within one standard error of that loss (cv_glmnet)."),
            "n_lambda": Column("whole number", "Number of penalties on the path (cv_glmnet)."),
        },
        needs="fits",
    ),
    Table(
        "times",
        "what every fit cost",
        {
            **_FIT,
            "n_train": Column("whole number", "Rows trained on."),
            "seconds": Column("number", "Wall time of training alone, in seconds."),
            "cpu_seconds": Column("number", "CPU time of training alone, of all threads, in seconds."),
            "peak_mb": Column("number", "Highest memory of the process while it trained, in MiB."),
            "predict_seconds": Column(
                "number", "Wall time of predicting every row that is asked of the fit, in seconds."
            ),
        },
        needs="fits",
    ),
    Table(
        "folds",
        "the fold of every row",
        {
            "task_id": _TASK,
            "row": _ROW,
            "subset": Column("text", "Subset of the row."),
            "fold": Column("whole number", "Fold of the row, from 1."),
        },
        needs="fits",
        formats=("parquet",),
    ),
    Table(
        "history",
        "loss and error per epoch of the learners that have epochs",
        {
            "task_id": _TASK,
            "train_set": _TRAIN_SET,
            "algorithm": _ALGORITHM,
            "epoch": Column("whole number", "Epoch, from 1."),
            "set": Column(
                "text", "Rows measured: subtrain or validation, the parts of the train set (learners.NAME.validate)."
            ),
            "measure": _MEASURE,
            "value": Column("number", "Value of the measure after (validation) or during (subtrain) the epoch."),
        },
        needs="fits",
        formats=("parquet",),
    ),
)
TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
PREDICTIONS = Table(
    "predictions",
    "what was predicted for every test row, a file for each task and learner",
    {
        "iteration": _SPLIT["iteration"],
        "algorithm": _ALGORITHM,
        "row": _ROW,
        "response": Column("class or number", "Predicted class, or in regression the predicted value of the target."),
    },
    needs="fits",
    formats=("parquet",),
    further=Column(
        "number", "prob.NAME: predicted probability of the class NAME, for learners that predict probabilities."
    ),
    files="results/predictions/TASK/LEARNER",
)


def write_table(
    table: Table, frame: pd.DataFrame, path: str | Path, printed: pd.DataFrame | None = None, csv_safe: bool = False
) -> None:
    """Write a table in its formats, with equal bytes for equal values.

    Parameters
    ----------
    table : Table
        Of the catalogue; columns and kinds are checked against it.
    frame : DataFrame
    path : path
        Of one of the files; the others lie beside it, with the suffix of their format.
    printed : DataFrame, optional
        The same as texts, for the formats md and tex.
    csv_safe : bool
        Whether the CSV file holds no text that a spreadsheet would run (see `write_csv`).
    """
    checked = table.checked(frame)
    if printed is not None:
        write_printed(printed, path, f"{table.title[0].upper()}{table.title[1:]}.")
    for form in table.formats:
        file = Path(path).with_suffix(f".{form}")
        if form == "parquet":
            write_parquet(checked, file)
        elif form == "csv":
            write_csv(checked, file, csv_safe)


def write_csv(frame: pd.DataFrame, path: str | Path, csv_safe: bool = False) -> None:
    """Write a data frame as CSV.

    Spreadsheets take text that begins with =, +, -, @, a tab or a carriage return for a formula. With ``csv_safe`` an
    apostrophe stands before such text, which they do not show.
    """
    if csv_safe:
        frame = frame.copy()
        for name in frame.columns[[not types.is_numeric_dtype(dtype) for dtype in frame.dtypes]]:
            frame[name] = [_quoted(value) for value in frame[name]]
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n")


def _quoted(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_parquet(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a data frame that is in no catalogue as Parquet."""
    with atomic(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")


def read_table(path: str | Path, **options: Any) -> pd.DataFrame:
    """Read a table of this workflow, from its Parquet file whichever of the two is named: types are exact there.

    Parameters
    ----------
    path : path
    **options
        Of pyarrow.parquet.read_table, such as ``filters``.

    Raises
    ------
    SoakError
        If the file is missing or damaged.
    """
    file = Path(path).with_suffix(".parquet")
    try:
        return pd.read_parquet(file, engine="pyarrow", partitioning=None, **options)
    except FileNotFoundError:
        raise SoakError(f"{file}: there is no such file; run again") from None
    except (OSError, pa.ArrowInvalid) as error:
        problem = str(error).splitlines()[0]
        raise SoakError(f"{file}: it cannot be read as Parquet ({problem}); delete it and run again") from None


_NEEDS = {
    "": "",
    "fits": " Not with scores from elsewhere.",
    "sizes": " With train sets of several sizes only.",
    "transfer": " Not with scores from elsewhere, nor where no task has S (same) among its train sets; tasks with one subset have no rows.",
}
_HEAD = """<!-- Made from src/soak/tables.py by: python -m soak.config.document -->

# Tables

Every table of `results/tables/` and the predictions, with the meaning of each column. A .csv file is for people and
spreadsheets; the .parquet file beside it holds the same values with their exact types. Rows are in the order of tasks in
the config, then by iteration and algorithm. An empty cell is a value that does not exist, such as the score of a failed fit.
"""


def markdown(tables: Iterable[Table] = (*TABLES.values(), PREDICTIONS)) -> str:
    """The text of docs/tables.md."""
    return _HEAD + "".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    title = table.title[0].upper() + table.title[1:]
    rows = [f"| {name} | {column.kind} | {column.meaning} |" for name, column in table.columns.items()]
    if table.further is not None:
        rows.append(f"| … | {table.further.kind} | {table.further.meaning} |")
    lines = [
        f"\n## {table.name}\n",
        f"{title}.{_NEEDS[table.needs]} Files: {', '.join(f'`{path}`' for path in table.paths)}.\n",
        "| column | values | meaning |",
        "|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"
