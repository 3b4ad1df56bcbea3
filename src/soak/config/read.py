"""Config files: which ones a command names, why one cannot be read, and where in them each key is.

Light to import, since the profiles import it before Snakemake does anything else.
"""

import functools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from soak.errors import SoakError
from soak.names import KeyPath, Problem, nearest

_OPTIONS = ("--configfile", "--configfiles")
_NAMED = ("datasets", "tasks", "learners", "scores")  # mappings whose keys the user chooses
_PROGRAM = ("__use_yte__", "__definitions__", "__variables__")  # by which Snakemake would run code that the file holds
_DEEPEST = 50  # levels of lists and mappings within each other; a config has 8
_MOST_ALIASED = 100_000  # values that aliases (*name) stand for, all together


def refuse_unreadable(arguments: Sequence[str]) -> None:
    """End the process if a config file on Snakemake's command line cannot be read, with a line for each.

    Snakemake itself would end with a traceback, or with PyYAML's jargon. The workflow profiles call this, because
    Snakemake evaluates them before it reads the file.
    """
    refuse_files(config_files(arguments))


def refuse_files(files: Iterable[Path | str]) -> None:
    """End the process if a config file cannot be read, with a line for each."""
    problems = [problem for file in files if (problem := unreadable(Path(file)))]
    if problems:
        sys.exit(f"soak: {SoakError(*problems)}")


def config_files(arguments: Sequence[str]) -> list[Path]:
    """Files that a command line of Snakemake names with --configfile.

    Examples
    --------
    >>> [str(file) for file in config_files(["--configfile", "a.yaml", "b.yaml", "--cores", "2"])]
    ['a.yaml', 'b.yaml']
    """
    files: list[Path] = []
    inside = False
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option.startswith("-"):
            inside = option in _OPTIONS
            if inside and equals:
                files.append(Path(value))
        elif inside:
            files.append(Path(argument))
    return files


def unreadable(file: Path) -> str | None:
    """Why a file cannot be a config; None if it can."""
    if file.is_dir():
        return f"{file}: expected a YAML file, got a folder"
    if not file.is_file():
        beside = [other.name for other in file.parent.glob("[!.]*.y*ml")]
        return f"{file}: no such file; {nearest(file.name, sorted(beside), 'YAML files there')}"
    return _problem(file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _problem(file: Path, changed: int) -> str | None:
    """Why a file has no config in it. The workflow profile and the Snakefile both ask: a long file takes seconds to read."""
    try:
        text = file.read_text(encoding="utf-8")
        if problem := _unbounded(text):
            return f"{file}:{problem}"
        config = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        return f"{file}: not a text file in UTF-8: {error.reason} at byte {error.start + 1}"
    except yaml.MarkedYAMLError as error:
        line, message = _yaml_mistake(error, text)
        return f"{file}:{line}: invalid YAML: {message}"
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist, a number of too many digits
        return f"{file}: invalid YAML: {str(error).splitlines()[0]}"
    if not isinstance(config, dict):
        given = {"NoneType": "nothing", "str": "text", "list": "a list"}.get(type(config).__name__, "a single value")
        return f"{file}: expected keys with values, such as tasks and learners, got {given}"
    if program := [key for key in _PROGRAM if key in config]:
        return f"{file}: {program[0]}: is not allowed: a config holds settings, and no code to run"
    return None


def _unbounded(text: str) -> str | None:
    """Line and description of what would keep a reader busy for ever: depth, and aliases of what they are in, or of much.

    Read as events, without recursion.
    """
    opened: list[tuple[str | None, int]] = []  # anchor and size of each list and mapping around the current place
    sizes: dict[str, int] = {}  # of what has an anchor
    aliased = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, 1))
            if len(opened) > _DEEPEST:
                return f"{line}: more than {_DEEPEST} lists and mappings within each other"
        elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            anchor, size = _ended(event, opened, sizes)
            if isinstance(event, yaml.AliasEvent):
                aliased += size
                if event.anchor in (around for around, _ in opened):
                    return f"{line}: *{event.anchor} stands within &{event.anchor} itself, which would have no end"
                if aliased > _MOST_ALIASED:
                    return f"{line}: the aliases down to *{event.anchor} stand for more than {_MOST_ALIASED} values"
            if anchor is not None:
                sizes[anchor] = size
            if opened:
                opened[-1] = (opened[-1][0], opened[-1][1] + size)
    return None


def _ended(event: yaml.Event, opened: list[tuple[str | None, int]], sizes: dict[str, int]) -> tuple[str | None, int]:
    """Anchor and size of the value that ends with an event."""
    if isinstance(event, yaml.CollectionEndEvent):
        return opened.pop()
    if isinstance(event, yaml.AliasEvent):
        return None, sizes.get(event.anchor, 0)
    return event.anchor, 1


def dotted(path: KeyPath) -> str:
    """A key path as people write it.

    Examples
    --------
    >>> dotted(("tasks", "Trees", "features", 2))
    'tasks.Trees.features[2]'
    """
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".") or "config"


class Places:
    """Where each key is in the config files.

    Parameters
    ----------
    files : paths
        Config files that can be read, in the order in which Snakemake merges them.
    given : paths, optional
        The same files as the command line names them. Snakemake makes paths absolute; messages show them as given.

    Attributes
    ----------
    repeated : list of (key path, message)
        Keys that a mapping has twice, of which the second would silently win.
    misread : list of (key path, message)
        Numbers that YAML reads as others than people do, such as 007 and 1:30; names that it reads as true or false.
    truths : list of (key path, message)
        Values that YAML reads as true or false, such as NO: a mistake where text may be meant.
    """

    def __init__(self, files: Sequence[str | Path], given: Sequence[str | Path] = ()) -> None:
        self.repeated: list[Problem] = []
        self.misread: list[Problem] = []
        self.truths: list[Problem] = []
        self._lines: dict[str, str] = {}  # dotted key path: "file:line: "
        self._labels = {str(file): str(file) for file in files}
        for file, name in zip(self._labels, map(str, given), strict=False):
            if file.endswith(name):
                self._labels[file] = name
        for file, label in self._labels.items():
            if Path(file).suffix in (".yaml", ".yml", ".json") and Path(file).is_file():
                text = Path(file).read_text(encoding="utf-8")
                for path, line in self._keys(yaml.compose(text, Loader=yaml.SafeLoader), ()):
                    self._lines[dotted(path)] = f"{label}:{line}: "

    def place(self, path: KeyPath, message: str) -> str:
        """A message with file, line and key path before it; the line is that of the key or the nearest around it."""
        around = [dotted(path[:length]) for length in range(len(path), 0, -1)]
        line = next((self._lines[key] for key in around if key in self._lines), "")
        return f"{line}{dotted(path)}: {message}"

    def place_line(self, line: str) -> str:
        """A line of a job's log, with the config's file and line if it begins with "soak: " and a key of the config."""
        for file, label in self._labels.items():
            line = line.replace(f"{file}:", f"{label}:")
        message = re.fullmatch(r"soak: ([\w.\[\]-]+): (.*)", line, flags=re.S)
        if message is None:
            return line
        ends = [len(message[1]), *(found.start() for found in reversed(list(re.finditer(r"[.\[]", message[1]))))]
        known = next((key for end in ends if (key := message[1][:end]) in self._lines), None)
        if known is None or (known in _NAMED and known != message[1]):  # such as a file called tasks.csv
            return line
        return f"soak: {self._lines[known]}{message[1]}: {message[2]}"

    def _keys(self, node: yaml.Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        """Key path and line of each key and list entry below a node; keys that come again go to `repeated`."""
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                name, line = self._read(key, path), key.start_mark.line + 1
                inner = (*path, name)
                if key.value in seen:
                    message = f"this key is given twice (first in line {seen[key.value]}); remove one of them"
                    self.repeated.append((inner, message))
                seen[key.value] = line
                yield inner, line
                self._read(value, inner, is_value=True)
                yield from self._keys(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                yield (*path, index), value.start_mark.line + 1
                self._read(value, (*path, index), is_value=True)
                yield from self._keys(value, (*path, index))

    def _read(self, node: yaml.Node, path: KeyPath, is_value: bool = False) -> str:
        """The name that a key has for Snakemake, which may be another than it is written; what is misread is kept."""
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return str(node.value)
        kind, text = node.tag.rpartition(":")[2], node.value
        is_number = kind in ("int", "float") and re.match(_OTHER_NUMBER, text)
        if not is_number and (kind != "bool" or text.lower() in ("true", "false")):
            return str(text)
        value = yaml.safe_load(text)
        place = path if is_value else (*path, str(value))
        read = str(value).lower()
        other = "a number without leading zeros and colons" if is_number else read
        message = f"YAML reads {text} as {read}; write '{text}' in quotes if it is text, else {other}"
        (self.truths if is_value and not is_number else self.misread).append((place, message))
        return str(value)


def place_message(text: str, files: Sequence[str | Path], given: Sequence[str | Path] = ()) -> str:
    """A message of a job, with the config's file and line in each of its lines that begins with a key of the config.

    Parameters
    ----------
    text : str
        One or more lines; those that begin with "soak: " and a key path are changed.
    files : paths
        Config files, as Snakemake holds them.
    given : paths
        The same files as the command line names them.
    """
    places = Places(files, given)
    return "\n".join(places.place_line(line) for line in text.split("\n"))


_OTHER_NUMBER = r"[-+]?0[0-9_]|.*:"  # octal: 010 is 8; to base 60: 1:30 is 90
_INDENT = "the indentation differs from that of the lines around it; keys of one mapping start in the same column"
_QUOTE = 'text that starts with {sign} must be in quotes: "{text}"'
# What PyYAML was doing and why it stopped, what is in the line before that place: what to say. The first that fits.
_ADVICE = (
    (r"scanning a quoted scalar", "the quotation mark in {rest} is not closed"),
    (r"parsing a flow .* got '[\[{]'", '{sign} inside a name; put the name in quotes: "{name}"'),
    (r"parsing a flow .* but got", "missing {closing} or comma after the {opened} in line {first}"),
    (r"scanning an (alias|anchor)|undefined alias|constructor for the tag", _QUOTE),
    (r"'\\t' that cannot start any token", "use spaces, not tabs"),
    (r"cannot start any token", _QUOTE),
    (
        r"mapping values are not allowed.* after a key",
        "two colons in one line; put text that contains a colon in quotes, or the second key on a line of its own",
    ),
    (r"mapping values are not allowed|block mapping start.* (first|after text)", _INDENT),
    (r"sequence entries are not allowed", "list entries that start with - go on lines of their own, below the key"),
    (r"expected <block end>.* after", "unexpected {rest!r}; put the whole text in quotes"),
    (r"expected <block end>", _INDENT),
    (r"expected the node content", "a value is missing before {sign}"),
    (r"unhashable key", "{sign} inside a name; put the name in quotes"),
)


def _yaml_mistake(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Line (1-based) and description of a mistake that PyYAML found."""
    lines = [*text.splitlines(), ""]
    here, start = error.problem_mark, error.context_mark or error.problem_mark
    if error.problem == "could not find expected ':'":
        return start.line + 1, _no_colon(lines[start.line])
    mark = start if re.search(r"quoted|alias|anchor", error.context or "") else here
    number = min(mark.line, len(lines) - 1)
    before, rest = lines[number][: mark.column], lines[number][mark.column :].strip()
    after = "after a key" if re.search(r":\s", before) else "after text" if before.strip() else "first"
    above = next((index for index in range(number - 1, -1, -1) if _content(lines[index])), number)
    text_above = above < number and not re.search(r"^[-[{]|:(\s|$)", _content(lines[above]))
    if text_above and re.search("mapping (values|start)", error.problem) and after != "after a key":
        return above + 1, _no_colon(lines[above])
    opened = lines[start.line][start.column : start.column + 1]
    closing = {"[": "]", "{": "}"}
    end = closing.get(rest[:1], "")
    fields = {
        "sign": rest[:1] or "the end",
        "rest": rest[:30],
        "text": re.split(r"[],}#]|: |:$", rest)[0].strip()[:30],
        "name": (re.split(r"[\[{,]|: ", before)[-1] + rest.partition(end or " ")[0] + end).strip()[:60],
        "opened": opened,
        "closing": closing.get(opened, ""),
        "first": start.line + 1,
    }
    story = f"{error.context} {error.problem} {after}"
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, story)), None)
    context = f" ({error.context})" if error.context else ""
    return number + 1, advice.format(**fields) if advice else f"{error.problem}{context}"


def _no_colon(line: str) -> str:
    problem = "a space is missing after ':'" if re.search(r"\w:\S", line) else "':' is missing"
    return f"{problem} in {_content(line)[:60]!r}; expected key: value"


def _content(line: str) -> str:
    """A line without indentation and comment."""
    return re.sub(r"(^|\s)#.*", "", line).strip()
