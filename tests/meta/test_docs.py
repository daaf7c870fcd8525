"""Documentation that can rot is compared with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import probes
from bt_console.cli import commands
from bt_console.cli.probe_text import markdown_page
from tests.meta.tree import ROOT, files, read

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *files(".md", under="docs")]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"```.*?```", re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_resolves(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", read(page))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in _anchors(target), link


def test_every_command_has_its_section() -> None:
    text = read(ROOT / "docs" / "commands.md")
    described = set(re.findall(r"^## bt-console ([a-z-]+)", text, re.MULTILINE))
    assert described == set(commands.names())


def test_the_page_of_probes_is_the_one_the_program_prints() -> None:
    text = read(ROOT / "docs" / "probes.md")
    assert text == markdown_page(list(probes.discover().values())), "bt-console probe --markdown > docs/probes.md"


def test_every_page_is_reachable_from_the_front_page() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        todo += [(page.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(read(page))]
    assert set(PAGES) <= seen
