"""From a file to settings in force: read, validate, lay out, check; every mistake at once or a whole inventory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from bt_console.config import locate, semantics
from bt_console.config.checks import CheckBuilder
from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.holidays import COUNTRIES, HOLIDAYS, Calendar, path_of, read_holidays
from bt_console.config.oncall import OnCallBuilder, default_oncall
from bt_console.config.oncall_schema import Listen
from bt_console.config.places import Layout, Place, endpoint
from bt_console.config.register import Register, read_register
from bt_console.config.schema import DefaultsSpec, FileSpec
from bt_console.config.validate import validate
from bt_console.config.yaml_reader import Document, parse, read_file
from bt_console.model.inventory import Check, Inventory, Unit, UnitId
from bt_console.model.oncall import OnCall
from probes.api import Scope

__all__ = ["BUILTIN_FILE", "ConfigErrors", "ConfigProblem", "Settings", "load_config"]

BUILTIN_FILE = Path(__file__).with_name("builtin.yaml")
"""The built-in checks of every role, in the form of a file's section `defaults`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One configuration in force."""

    path: Path
    revision: str
    """SHA-256 of the bytes of all files."""
    files: tuple[Path, ...]
    """What it was read from: this file, the register of devices and files of holidays, if there are any."""
    inventory: Inventory
    store_path: Path
    keep_observations_s: float
    nameservers: tuple[str, ...]
    """As configured; without any, the district's own name server."""
    trust_file: Path | None
    scope: Scope
    """Where probes that scan may go: this machine and the approved networks."""
    oncall: OnCall
    """Who is told; without a section `oncall`, whoever looks at a console."""
    listen: Listen | None
    """Where other monitors and jobs are heard."""
    policy_dirs: tuple[Path, ...] = ()
    """Directories with the district's own rules; read already, and found to be without mistakes."""


def load_config(path: Path, *, store_path: Path | None = None, trust_file: Path | None = None) -> Settings:
    """Return the settings of a file; keyword arguments override it. Raises ConfigErrors, and nothing else."""
    content = read_file(path)
    document = parse(content, str(path))
    spec, found = validate(document)
    problems = [*document.problems, *found]
    if spec is None:
        raise ConfigErrors(problems, [path])
    places, checks = _resolved(document, spec, problems)
    devices = _devices_path(path, spec)
    register = _register(document, spec, [*devices], problems)
    calendars = _calendars(path, spec)
    oncall = _oncall(document, spec, places, calendars, problems)
    own = [found.path for found in calendars.values() if found.path.parent != HOLIDAYS]
    policies = _policies(document, path, spec, problems)
    files = list(dict.fromkeys([path, *devices, *own, *policies.files]))
    store = store_path or _store_path(document, path, spec, problems)
    trusted = trust_file or _trust_file(document, path, spec, problems)
    if problems:
        raise ConfigErrors(problems, files)
    return Settings(
        path=path,
        revision=sha256(
            b"".join([content, register.content, *(found.content for found in calendars.values()), policies.digest])
        ).hexdigest(),
        files=tuple(files),
        inventory=_inventory(spec, places, checks, register),
        store_path=store,
        keep_observations_s=spec.store.keep_observations_s,
        nameservers=tuple(spec.nameservers) or _own_nameserver(spec),
        trust_file=trusted,
        scope=_scope(spec),
        oncall=oncall,
        listen=spec.oncall.listen.listen() if spec.oncall and spec.oncall.listen else None,
        policy_dirs=policies.directories,
    )


class _Policies(NamedTuple):
    """A district's own rules: where they lie."""

    directories: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    digest: bytes = b""


def _policies(document: Document, path: Path, spec: FileSpec, problems: list[ConfigProblem]) -> _Policies:
    """Return where the district's own rules lie, having read them once for their mistakes."""
    if not spec.policy_dirs:
        return _Policies()
    # Imported here: the language of rules and all probes are loaded only where there is something to check.
    from bt_console.config.rules import load_rulebook, policy_paths

    directories = policy_paths(path, spec.policy_dirs)
    try:
        book = load_rulebook(directories)
    except ConfigErrors as error:
        problems += [_of_policies(document, problem) for problem in error.problems]
        return _Policies(directories, error.files)
    return _Policies(directories, book.files, book.revision.encode())


def _of_policies(document: Document, problem: ConfigProblem) -> ConfigProblem:
    """Return a problem of a rule; where it is about a file as a whole, at the place that names its directory."""
    if problem.line:
        return problem
    return document.problem(("policy_dirs",), f"{problem.file}: {problem.message}", problem.hint)


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


def _devices_path(path: Path, spec: FileSpec) -> tuple[Path, ...]:
    if spec.devices_file is None:
        return ()
    return (path.absolute().parent / locate.expanded(spec.devices_file),)


def _calendars(path: Path, spec: FileSpec) -> dict[str, Calendar]:
    """Return the files of holidays by what is written for them."""
    schedules = spec.oncall.schedules.values() if spec.oncall else ()
    written = dict.fromkeys(schedule.holidays for schedule in schedules if schedule.holidays)
    here = path.absolute().parent
    return {name: read_holidays(path_of(name, here / locate.expanded(name))) for name in written}


def _oncall(
    document: Document,
    spec: FileSpec,
    places: tuple[Place, ...],
    calendars: dict[str, Calendar],
    problems: list[ConfigProblem],
) -> OnCall:
    district = spec.district
    if spec.oncall is None:
        return default_oncall(district.timezone, district.language)
    for name, schedule in spec.oncall.schedules.items():
        found = calendars[schedule.holidays].problems if schedule.holidays else ()
        problems += [_of_holidays(document, name, problem) for problem in found]
    builder = OnCallBuilder(
        document=document,
        spec=spec.oncall,
        district=district,
        targets=frozenset(place.target.id for place in places),
        units=frozenset(_units(spec)) | frozenset(_written_units(document)),
        is_left_out=lambda name: semantics.is_left_out(document, spec, name),
        calendars=calendars,
    )
    oncall = builder.build()
    problems += builder.problems
    return oncall


def _of_holidays(document: Document, schedule: str, problem: ConfigProblem) -> ConfigProblem:
    """Return a problem of a file of holidays; where there is no file, at the place that names it."""
    if problem.line:
        return problem
    loc = ("oncall", "schedules", schedule, "holidays")
    hint = f"give a file, or one of {', '.join(COUNTRIES)}"
    return document.problem(loc, f"{problem.file}: {problem.message}", hint)


def _register(document: Document, spec: FileSpec, files: list[Path], problems: list[ConfigProblem]) -> Register:
    """Return what the register of devices says; none is an empty one."""
    if not files:
        return Register()
    register = read_register(files[0], _units(spec), _written_units(document) - set(spec.units))
    for problem in register.problems:
        if problem.line:
            problems.append(problem)
        else:
            message = f"{problem.file}: {problem.message}"
            problems.append(document.problem(("devices_file",), message, "correct the path, or delete the line"))
    return register


def _written_units(document: Document) -> set[UnitId]:
    """Return the units of the file, also those that were left out for a mistake of their own."""
    written = document.data.get("units")
    return {UnitId(name) for name in written} if isinstance(written, dict) else set()


def _units(spec: FileSpec) -> dict[UnitId, Unit]:
    return {unit.id: unit for unit in Layout(spec=spec, builtin=builtin_defaults()).units()}


def _inventory(spec: FileSpec, places: tuple[Place, ...], checks: tuple[Check, ...], register: Register) -> Inventory:
    return Inventory(
        district=spec.district.name,
        timezone=spec.district.timezone,
        language=spec.district.language,
        units=_units(spec),
        targets={place.target.id: place.target for place in places},
        checks={check.id: check for check in checks},
        approvals=register.approvals,
        devices_missing_after_s=float(spec.devices_missing_after_s),
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
