"""The wheel carries what the program needs, and every dependency is wanted, declared and explained."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.meta.tree import PACKAGES, ROOT, files, read

PROJECT = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]


PARTS = {"pydantic_core": "pydantic", "rich": "textual", "sqlalchemy": "sqlmodel", "yarl": "aiohttp"}
"""Modules that belong to the interface of a declared package although they are distributed apart."""


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return match[0].lower().replace("_", "-")


RUNTIME = {_name(text) for text in PROJECT["dependencies"]}
DEVELOPMENT = {_name(text) for text in PROJECT["optional-dependencies"]["dev"]}


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    directory = tmp_path_factory.mktemp("wheel")
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(directory)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(directory / built.stdout.split()[-1]) as wheel:
        return set(wheel.namelist())


def test_the_wheel_carries_every_module(wheel_names: set[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for package in PACKAGES for path in files(".py", under=package)}
    assert modules - wheel_names == set()


def test_the_wheel_carries_what_is_no_module(wheel_names: set[str]) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in files(".yaml", ".tcss", ".ini", ".mako", ".pem", ".html", under=package)
    }
    assert wanted - wheel_names == set()
    assert "bt_console/lab/config.example.yaml" in wheel_names
    assert any(name.startswith("bt_console/store/migrations/") for name in wheel_names)


def test_the_wheel_carries_no_tests(wheel_names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel_names}
    assert tops == {*PACKAGES, f"bt_console-{PROJECT['version']}.dist-info"}


def _imported() -> set[str]:
    found: set[str] = set()
    for package in PACKAGES:
        for path in files(".py", under=package):
            for node in ast.walk(ast.parse(read(path))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found


def test_everything_imported_is_declared() -> None:
    distributions = packages_distributions()
    foreign = {PARTS.get(name, name) for name in _imported()} - set(sys.stdlib_module_names) - set(PACKAGES)
    undeclared = {name for name in foreign if not {_name(found) for found in distributions.get(name, [name])} & RUNTIME}
    assert undeclared == set()


def test_every_dependency_has_its_reason() -> None:
    explained = set(re.findall(r"^\| `([^`]+)` \|", read(ROOT / "docs" / "dependencies.md"), re.MULTILINE))
    assert explained == RUNTIME | DEVELOPMENT | {"hatchling"}


def test_every_dependency_is_pinned_for_installations() -> None:
    pinned = {_name(line) for line in read(ROOT / "constraints.txt").splitlines() if line.strip()}
    assert pinned >= RUNTIME | DEVELOPMENT


def test_the_entry_point_exists() -> None:
    module, _, function = PROJECT["scripts"]["bt-console"].partition(":")
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert f"def {function}(" in read(path)
