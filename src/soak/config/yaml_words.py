"""What is wrong with a text that is no YAML, in plain words: PyYAML speaks of tokens and of where it gave up."""

import re
from typing import NamedTuple

import yaml

_CLOSES = {"[": "]", "{": "}"}
_NEW_KEY = ("mapping values are not allowed here", "expected <block end>, but found '<block mapping start>'")
_INDENT = "the line is not indented as its neighbours are; keys that belong together start in one column"


class Mistake(NamedTuple):
    """What is wrong, and in which line (1-based; None if PyYAML does not say)."""

    line: int | None
    message: str


def in_words(error: yaml.MarkedYAMLError, text: str) -> Mistake:
    """The mistake behind an error of PyYAML, for the text that it read.

    Examples
    --------
    >>> text = "seed: 1\\nstratum Species\\nsubset: a\\n"
    >>> try:
    ...     yaml.safe_load(text)
    ... except yaml.MarkedYAMLError as error:
    ...     print(in_words(error, text))
    Mistake(line=2, message="':' is missing in 'stratum Species'; a key and its value are written as key: value")
    """
    mark, start = error.problem_mark, error.context_mark
    problem = error.problem or "it cannot be read"
    if mark is None:
        return Mistake(None, problem)
    lines = [*text.splitlines(), ""]
    line = lines[min(mark.line, len(lines) - 1)]
    told = None
    if start is not None and problem == "could not find expected ':'":
        told = _no_colon(lines[start.line])
    elif start is not None and error.context == "while scanning a quoted scalar":
        told = f"the quote that starts with {lines[start.line][start.column :].strip()[:30]} has no end"
    elif start is not None and error.context in ("while parsing a flow sequence", "while parsing a flow mapping"):
        return Mistake(
            mark.line + 1, _in_brackets(problem, lines[start.line][start.column], start.line + 1, line, mark.column)
        )
    elif start is not None and error.context in ("while scanning an alias", "while scanning an anchor"):
        told = _in_quotes(lines[start.line][start.column :])
    if told is not None and start is not None:
        return Mistake(start.line + 1, told)
    if problem in _NEW_KEY and not re.search(r":\s", line[: mark.column]):
        above = next((number for number in range(mark.line - 1, -1, -1) if _content(lines[number])), None)
        if above is not None and re.fullmatch(r"[^-[{].*", _content(lines[above])) and not _has_colon(lines[above]):
            return Mistake(above + 1, _no_colon(lines[above]))  # PyYAML took it for a text without a key
        return Mistake(mark.line + 1, _INDENT)
    told = _of_line(problem, line, mark.column)
    context = f" ({error.context})" if error.context else ""
    return Mistake(mark.line + 1, told or problem + context)


def _content(line: str) -> str:
    """A line without blanks and comment."""
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _has_colon(line: str) -> bool:
    return re.search(r":(\s|$)", line) is not None


def _no_colon(line: str) -> str:
    if re.search(r"\w:\S", line):
        return f"a blank is missing after ':' in {line.strip()[:60]!r}; a key and its value are written as key: value"
    return f"':' is missing in {line.strip()[:60]!r}; a key and its value are written as key: value"


def _of_line(problem: str, line: str, column: int) -> str | None:
    """What is told where PyYAML gave up; None for its own words."""
    sign = line[column : column + 1]
    if problem.endswith("that cannot start any token"):
        if sign == "\t":
            return "a tab; use blanks, not tabs"
        return _in_quotes(line[column:])
    if problem == "mapping values are not allowed here":
        return "two colons in one line; put a text with a colon in quotes, or the second key in a line of its own"
    if problem == "sequence entries are not allowed here":
        return "a list that is written with - starts in a line of its own, below its key"
    if problem.startswith("expected <block end>, but found"):
        if line[:column].strip():
            return f"nothing may follow here, but {line[column:].strip()[:30]!r} does; put the whole text in quotes"
        return _INDENT
    if problem.startswith(("found undefined alias", "could not determine a constructor")):
        return _in_quotes(line[column:])
    if problem.startswith("expected the node content"):
        return f"a value is missing before {sign or 'the end'}"
    if problem == "found unhashable key":
        return f"{sign} inside a name; put the name in quotes"
    return None


def _in_brackets(problem: str, opened: str, first: int, line: str, column: int) -> str:
    """What is wrong in a line and column after a [ or { that was opened in the line ``first``."""
    got = problem.partition("but got ")[2].strip("'")
    if got in ("[", "{"):
        before, after = re.split(r"[\[{,]|: ", line[:column])[-1], line[column:].partition(_CLOSES[got])[0]
        return f'{got} inside a name; put the name in quotes, as "{(before + after).strip()[:60]}{_CLOSES[got]}"'
    if got == "?" or not got:
        return problem
    return f"{_CLOSES[opened]} or a comma is missing after the {opened} in line {first}"


def _in_quotes(rest: str) -> str:
    """That a text cannot start as a rest of a line does."""
    text = re.split(r"[],}#]|: |:$", rest)[0].strip()[:30]
    return f'no text starts with {rest[0]}; put it in quotes, as "{text}"'
