"""Tables on disk: each as CSV for people and as Parquet for programs, the same bytes for the same values."""

from pathlib import Path

import pandas as pd

from soak.files import atomic


def write_table(table: pd.DataFrame, csv: str | Path, parquet: str | Path | None = None) -> None:
    """Write a table as CSV and, beside it, as Parquet (``parquet``: default the same name)."""
    parquet = Path(csv).with_suffix(".parquet") if parquet is None else Path(parquet)
    write_parquet(table, parquet)
    with atomic(csv) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def write_parquet(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as Parquet."""
    with atomic(path) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table of this workflow, from its Parquet file whichever of the two is named: types are exact there."""
    return pd.read_parquet(Path(path).with_suffix(".parquet"))


def read_splits(path: str | Path) -> pd.DataFrame:
    """Read the splits of a task (CSV): names stay text, whatever they look like."""
    text = {"task_id": str, "test_subset": str, "train_set": str}
    return pd.read_csv(path, dtype=text, keep_default_na=False)
