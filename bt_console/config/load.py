"""From a file to settings in force: read, validate, lay out, check; every mistake at once or a whole inventory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from bt_console.config import locate, semantics
from bt_console.config.checks import CheckBuilder
from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.places import Layout, Place, endpoint
from bt_console.config.schema import DefaultsSpec, FileSpec
from bt_console.config.validate import validate
from bt_console.config.yaml_reader import Document, parse, read_file
from bt_console.model.inventory import Check, Inventory
from probes.api import Scope

__all__ = ["BUILTIN_FILE", "ConfigErrors", "ConfigProblem", "Settings", "load_config"]

BUILTIN_FILE = Path(__file__).with_name("builtin.yaml")
"""The built-in checks of every role, in the form of a file's section `defaults`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One configuration in force."""

    path: Path
    revision: str
    """SHA-256 of the file's bytes."""
    inventory: Inventory
    store_path: Path
    keep_observations_s: float
    nameservers: tuple[str, ...]
    """As configured; without any, the district's own name server."""
    trust_file: Path | None
    scope: Scope
    """Where probes that scan may go: this machine and the approved networks."""


def load_config(path: Path, *, store_path: Path | None = None, trust_file: Path | None = None) -> Settings:
    """Return the settings of a file; keyword arguments override it. Raises ConfigErrors, and nothing else."""
    content = read_file(path)
    document = parse(content, str(path))
    spec, found = validate(document)
    problems = [*document.problems, *found]
    if spec is None:
        raise ConfigErrors(problems)
    places, checks = _resolved(document, spec, problems)
    store = store_path or _store_path(document, path, spec, problems)
    trusted = trust_file or _trust_file(document, path, spec, problems)
    if problems:
        raise ConfigErrors(problems)
    return Settings(
        path=path,
        revision=sha256(content).hexdigest(),
        inventory=_inventory(spec, places, checks),
        store_path=store,
        keep_observations_s=spec.store.keep_observations_s,
        nameservers=tuple(spec.nameservers) or _own_nameserver(spec),
        trust_file=trusted,
        scope=_scope(spec),
    )


def _scope(spec: FileSpec) -> Scope:
    networks = (*Scope().networks, *spec.scanning.networks)
    return Scope(networks=networks, rate_per_s=float(spec.scanning.max_per_second))


def _resolved(
    document: Document, spec: FileSpec, problems: list[ConfigProblem]
) -> tuple[tuple[Place, ...], tuple[Check, ...]]:
    places = tuple(Layout(spec=spec, builtin=builtin_defaults()).places())
    builder = CheckBuilder(document=document)
    checks = tuple(builder.build(places))
    problems += semantics.problems(document, spec, places)
    problems += builder.problems
    return places, checks


def _inventory(spec: FileSpec, places: tuple[Place, ...], checks: tuple[Check, ...]) -> Inventory:
    return Inventory(
        district=spec.district.name,
        timezone=spec.district.timezone,
        language=spec.district.language,
        units={unit.id: unit for unit in Layout(spec=spec, builtin=builtin_defaults()).units()},
        targets={place.target.id: place.target for place in places},
        checks={check.id: check for check in checks},
    )


@cache
def builtin_defaults() -> DefaultsSpec:
    """Return the built-in checks."""
    document = parse(BUILTIN_FILE.read_bytes(), str(BUILTIN_FILE))
    return DefaultsSpec.model_validate(document.data)


def _store_path(document: Document, path: Path, spec: FileSpec, problems: list[ConfigProblem]) -> Path:
    store = locate.store_path_of(path, spec.store.path)
    if reason := _why_no_store(store):
        problems.append(document.problem(("store", "path"), reason, "give the path of a file in a directory"))
    return store


def _why_no_store(store: Path) -> str:
    """Return why no store can ever be at a path, or nothing. Missing directories are made by the monitor."""
    try:
        if store.is_dir():
            return f"store {store} is a directory"
        above = next((parent for parent in store.parents if parent.exists()), None)
    except OSError as error:
        return f"store {store} cannot be reached: {error.strerror}"
    return f"store {store} cannot exist: {above} is not a directory" if above and not above.is_dir() else ""


def _trust_file(document: Document, path: Path, spec: FileSpec, problems: list[ConfigProblem]) -> Path | None:
    if spec.trust_file is None:
        return None
    trusted = path.absolute().parent / locate.expanded(spec.trust_file)
    try:
        is_there = trusted.is_file()
    except OSError:
        is_there = False
    if not is_there:
        problems.append(document.problem(("trust_file",), f"there is no file {trusted}", "give a PEM file"))
    return trusted


def _own_nameserver(spec: FileSpec) -> tuple[str, ...]:
    if spec.dns is None:
        return ()
    return (endpoint(str(spec.dns.address), spec.dns.port),)
