"""Tables as people print them: in Markdown and in LaTeX (booktabs)."""

from pathlib import Path

import pandas as pd

from soak.files import atomic

_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": r"$-$",
    "<": r"$<$",
    ">": r"$>$",
}


def write_printed(table: pd.DataFrame, path: str | Path, caption: str = "") -> None:
    """Write a table of texts as NAME.md and NAME.tex.

    Parameters
    ----------
    table : DataFrame
        Of text; a column of which all cells begin with a digit, or are empty, is aligned to the right.
    path : path
        Of one of the files.
    caption : str
        Above the table.
    """
    for suffix, text in ((".md", markdown(table, caption)), (".tex", latex(table, caption))):
        with atomic(Path(path).with_suffix(suffix)) as temporary:
            temporary.write_text(text, encoding="utf-8")


def markdown(table: pd.DataFrame, caption: str = "") -> str:
    """The table in Markdown."""
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in _rows(table)]
    rule = ["---:" if right else "---" for right in _right(table)]
    lines = [f"| {' | '.join(row)} |" for row in (escaped[0], rule, *escaped[1:])]
    return (f"{caption}\n\n" if caption else "") + "\n".join(lines) + "\n"


def latex(table: pd.DataFrame, caption: str = "") -> str:
    """The table in LaTeX; needs the package booktabs."""
    rows = [[_escaped(cell) for cell in row] for row in _rows(table)]
    lines = [f"{' & '.join(row)} \\\\" for row in rows]
    columns = "".join("r" if right else "l" for right in _right(table))
    body = [
        r"\begin{tabular}{" + columns + "}",
        r"\toprule",
        lines[0],
        r"\midrule",
        *lines[1:],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if caption:
        body = [r"\begin{table}", r"\centering", rf"\caption{{{_escaped(caption)}}}", *body, r"\end{table}"]
    return "\n".join(body) + "\n"


def _rows(table: pd.DataFrame) -> list[list[str]]:
    return [list(map(str, table.columns)), *(list(map(str, row)) for row in table.itertuples(index=False))]


def _right(table: pd.DataFrame) -> list[bool]:
    """Which columns are of numbers."""
    texts = [table[name].astype(str).str.lstrip("-−+") for name in table.columns]
    return [bool(((text == "") | text.str[:1].str.isdigit()).all() and (text != "").any()) for text in texts]


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
