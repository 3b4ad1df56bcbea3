"""One zip of a run: config, inputs, workflow, packages, tables, figures and report, described as a Workflow Run RO-Crate.

    python -m soak.commands.archive DIR [CONFIG]

make archive runs the config first, so that the archive is of a run that is complete. From the zip alone the tables can be
made again (README.md in it says how): the inputs are in it, those from the network as the cache of downloads has them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from soak.commands.config import ROOT, config_path, read_experiment
from soak.data.download import cached_file
from soak.data.sources import Source, is_remote, local_path
from soak.errors import SoakError
from soak.experiment import Experiment
from soak.files import atomic, sha256

NAME = "soak-archive.zip"
# Parts of the clone without which the workflow does not run, and who made it
_WORKFLOW = ("Snakefile", "rules", "scripts", "src", "config", "profiles", "envs", "Makefile", "pyproject.toml")
_ABOUT = ("README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md")
_RESULTS = ("report.html", "tables", "figures")
_PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
_CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".txt": "text/plain",
    ".py": "text/x-python",
    ".rst": "text/x-rst",
    ".sha256": "text/plain",
    ".yaml": "application/yaml",
}
_README = """# Archive of a SOAK run

{title}

- run/config.yaml: the config; run/inputs: the files that it read, those of URLs as the cache of downloads has them
- results: tables, figures and report.html as the run made them
- packages.txt: every package and its version; workflow/envs/lock.txt: with hashes, for any system
- workflow: the code{commit}
- ro-crate-metadata.json: all of it as a Workflow Run RO-Crate, with checksums of the inputs

To make the tables again, without the network but for the packages:

    cd workflow
    make setup
    SOAK_DATA="$PWD/../run/inputs/cache" .venv/bin/snakemake --cores all --configfile ../run/config.yaml --directory ../run -- tables
    diff -r -x 'times.*' ../results/tables ../run/results/tables
"""


def archive(experiment: Experiment, config: Path, folder: Path) -> Path:
    """Write the archive of the run in a folder, which is the working directory.

    Parameters
    ----------
    experiment : Experiment
        Of the config.
    config : path
        The config's file.
    folder : path

    Returns
    -------
    path
        Of the zip, in the folder.

    Raises
    ------
    SoakError
        If the run is not complete, or an input is not there any more.
    """
    if not (folder / "results/logs/outcome.txt").is_file():
        raise SoakError(f"{folder}: expected the results of a complete run; make run makes them")
    with tempfile.TemporaryDirectory(prefix="soak-archive-") as name:
        staged = Path(name)
        inputs, moved = _stage_inputs(experiment, folder, staged / "run")
        raw = yaml.safe_load(config.read_text(encoding="utf-8"))
        _write(staged / "run/config.yaml", yaml.safe_dump(_replaced(raw, moved), sort_keys=False, allow_unicode=True))
        _stage_code(folder, staged)
        for part in _RESULTS:
            _copy(folder / "results" / part, staged / "results" / part)
        commit = _commit()
        title = f"Config {config.name}, {', '.join([*experiment.config.tasks, *experiment.config.scores])}."
        _write(staged / "README.md", _README.format(title=title, commit=f", commit {commit}" if commit else ""))
        _write(staged / "packages.txt", _packages())
        _describe(staged, inputs, title, commit, folder)
        return _zip(staged, folder / NAME)


def _stage_inputs(experiment: Experiment, folder: Path, run: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Copy the inputs below ``run``; their paths there with the URL of each, and the new paths of those that move."""
    found: dict[str, str] = {}
    moved: dict[str, str] = {}
    for (owner, name), source in experiment.sources.items():
        raw = folder / "results/raw" / owner / name
        if not raw.is_file():
            raise SoakError(f"{raw}: there is no such file; run again")
        url = next(filter(is_remote, source.urls), None)
        place = _place(source, owner, name, url, folder, moved)
        _copy(raw, run / place)
        if url:
            _write(run / f"{place}.sha256", f"sha256:{sha256(raw)}\n")  # as the cache notes it
        found[f"run/{place}"] = url or ""
    for number, one in enumerate(experiment.config.scores.values()):
        if one.is_own_file:
            place = _local_place(one.file[0], f"scores{number}", folder, moved)
            _copy(folder / local_path(one.file[0]), run / place)
            found[f"run/{place}"] = ""
    for module in sorted(folder.glob("*.py")):  # the user's own learners, measures, figures
        _copy(module, run / module.name)
        found[f"run/{module.name}"] = ""
    return found, moved


def _place(source: Source, owner: str, name: str, url: str | None, folder: Path, moved: dict[str, str]) -> str:
    """Where the file of a source is looked for in the archive, relative to the run's folder."""
    if url:
        return f"inputs/cache/{cached_file(url).name}"
    return _local_place(source.urls[0], f"{owner}/{name}", folder, moved)


def _local_place(location: str, name: str, folder: Path, moved: dict[str, str]) -> str:
    """A path below the run's folder stays; any other moves to inputs/."""
    path = local_path(location)
    inside = not path.is_absolute() and (folder / path).resolve().is_relative_to(folder.resolve())
    if inside:
        return PurePosixPath(*path.parts).as_posix()
    moved[location] = f"inputs/{name}/{path.name}"
    return moved[location]


def _replaced(value: Any, moved: Mapping[str, str]) -> Any:
    """A config with the new paths of inputs that have moved."""
    if isinstance(value, dict):
        return {key: _replaced(inner, moved) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, moved) for inner in value]
    return moved.get(value, value) if isinstance(value, str) else value


def _stage_code(folder: Path, staged: Path) -> None:
    for part in (*_WORKFLOW, *_ABOUT):
        if (ROOT / part).exists():
            _copy(ROOT / part, staged / "workflow" / part)


def _copy(source: Path, target: Path) -> None:
    """A file, or a folder without what Python and Snakemake keep for themselves."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.pyc"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit() -> str:
    """The commit of the clone, with + if files differ from it; "" without git."""
    asked = (["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain"])
    try:
        commit, changes = (
            subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
            for command in asked
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+" if changes else commit


def _packages() -> str:
    """Every package of the environment, pinned."""
    names = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    return "".join(f"{name}=={names[name]}\n" for name in sorted(names, key=str.lower))


def _describe(staged: Path, inputs: Mapping[str, str], title: str, commit: str, folder: Path) -> None:
    """Write ro-crate-metadata.json: the workflow, its run, what it read and what it made."""
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    ended = datetime.fromtimestamp(int((folder / "results/logs/outcome.txt").stat().st_mtime), UTC)
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(_CONTEXT)
    crate.name, crate.description = "Archive of a SOAK run", title
    crate.license = crate.add(
        ContextEntity(
            crate,
            "https://spdx.org/licenses/MIT",
            {"@type": "CreativeWork", "name": "MIT License", "description": "MIT"},
        )
    )
    crate.datePublished = ended
    profiles = [
        crate.add(ContextEntity(crate, url, {"@type": "CreativeWork", "name": name, "version": version}))
        for url, name, version in _PROFILES
    ]
    crate.root_dataset["conformsTo"] = profiles
    workflow = crate.add_workflow(
        staged / "workflow/Snakefile", "workflow/Snakefile", main=True, lang="snakemake",
        lang_version=metadata.version("snakemake"),
        properties={"name": "SOAK workflow", "version": commit or metadata.version("soak")},
    )  # fmt: skip
    made = {path: crate.add_file(staged / path, path, properties=_properties(staged, path)) for path in _files(staged)}
    for path, url in inputs.items():
        made[path]["sha256"] = sha256(staged / path)
        if url:
            made[path]["url"] = url
    action = crate.add_action(
        workflow,
        identifier="#run",
        object=[made["run/config.yaml"], *(made[path] for path in inputs)],
        result=[entity for path, entity in made.items() if path.startswith("results/")],
        properties={"name": "The run", "description": title, "endTime": ended.isoformat()},
    )
    crate.root_dataset["mentions"] = action
    made["README.md"]["about"] = crate.root_dataset
    crate.metadata.write(staged)


def _files(staged: Path) -> Iterator[str]:
    """Paths of what the archive describes one by one: all but the code."""
    for path in sorted(staged.rglob("*")):
        place = path.relative_to(staged).as_posix()
        if path.is_file() and not place.startswith("workflow/") and place != "ro-crate-metadata.json":
            yield place


def _properties(staged: Path, path: str) -> dict[str, Any]:
    return {
        "name": PurePosixPath(path).name,
        "contentSize": str((staged / path).stat().st_size),
        "encodingFormat": _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream"),
    }


def _zip(staged: Path, target: Path) -> Path:
    """All files, in order, without the time of the copy."""
    with atomic(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(staged.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(staged).as_posix())
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                with path.open("rb") as source, made.open(entry, "w", force_zip64=True) as file:
                    shutil.copyfileobj(source, file)
    return target


if __name__ == "__main__":
    try:
        of_config = config_path("".join(sys.argv[2:3]), sys.argv[1])
        os.chdir(sys.argv[1])
        written = archive(read_experiment(of_config), of_config, Path.cwd())
        print(f"{written} ({written.stat().st_size / 2**20:.1f} MB)")
    except SoakError as error:
        sys.exit(f"soak: {error}")
