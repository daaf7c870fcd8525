"""What is published names no package registry, no path of the machine it was made on, and no secret."""

from __future__ import annotations

import re

import pytest

from tests.meta.tree import ROOT, files

# Written in pieces, so that this file does not name them itself.
FORBIDDEN = {
    "package registry": "|".join(
        ("py" + "pi\\.org", "python" + "hosted", "registry\\." + "npmjs", "proxy\\." + "golang")
    ),
    "index option": "--(extra-)?index" + "-url|trusted" + "-host",
    "path of the build machine": "(^|[^\\w.])/(wo" + "rk|ro" + "ot)/|\\.\\./sha" + "red/",
    "private key": "BEGIN [A-Z ]*PRIVATE" + " KEY",
}
TEXTS = {path: path.read_bytes().decode("utf-8", "replace") for path in files() if path.stat().st_size < 2_000_000}


def test_there_is_something_to_look_at() -> None:
    assert ROOT / "pyproject.toml" in TEXTS


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names_a(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = {str(path.relative_to(ROOT)): match[0] for path, text in TEXTS.items() if (match := pattern.search(text))}
    assert found == {}


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("package registry", "https://py" + "pi.org/simple"),
        ("path of the build machine", "see /wo" + "rk/main/x"),
        ("private key", "-----BEGIN RSA PRIVATE" + " KEY-----"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, sample: str) -> None:
    assert re.search(FORBIDDEN[what], sample)
