"""From loaded files to packs and declarations of facts; every mistake with its line and column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from policies.fact import FactDeclaration, FactType, Source, is_name
from policies.reader import Loc, Reader, near
from policies.rule import LegalDocument, Pack, Text, Trust

PACK_SCHEMA = "bt-pack/1"
FACTS_SCHEMA = "bt-facts/1"
_PACK_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_OF = ("unit", "target")


def read_pack(reader: Reader) -> Pack | None:
    """Return the pack a file holds; None when the reader has problems with it."""
    before = len(reader.problems)
    data = reader.section((), ("schema", "id", "title", "about", "rules"), ("in_force", "documents"))
    if data is None or len(reader.problems) > before:
        return None
    if data["schema"] != PACK_SCHEMA:
        reader.report(("schema",), f"must be {PACK_SCHEMA}", "write the form this program reads")
    starts, ends = _period(reader, ("in_force",)) if "in_force" in data else (None, None)
    pack = Pack(
        id=_pack_id(reader),
        title=reader.words(("title",)) or Text(vi="", en=""),
        about=reader.words(("about",)) or Text(vi="", en=""),
        rules=tuple(_rule_ids(reader)),
        starts=starts,
        ends=ends,
        documents=_documents(reader) if "documents" in data else {},
        file=reader.source.file,
    )
    return pack if len(reader.problems) == before else None


def _pack_id(reader: Reader) -> str:
    found = reader.text(("id",), 40)
    stem = reader.source.file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml")
    if found and not _PACK_ID.fullmatch(found):
        reader.report(("id",), f"`{found}` is not an id", "write small letters, digits and dashes, such as vn-2026")
    elif found and found != stem:
        reader.report(("id",), f"`{found}` is not the name of its file", f"call the file {found}.yaml")
    return found


def _rule_ids(reader: Reader) -> Iterator[str]:
    seen: dict[str, int] = {}
    for loc in reader.entries(("rules",), least=1, most=1000):
        name = reader.text(loc, 40)
        line = reader.source.mark(loc).line
        if name in seen:
            reader.report(loc, f"`{name}` is written twice, first on line {seen[name]}", "keep one")
        elif name:
            seen[name] = line
            yield name


def check_rules(reader: Reader, known: Collection[str]) -> None:
    """Report every rule of a pack that no file holds."""
    for loc in reader.entries(("rules",), least=1, most=1000):
        name = reader.value(loc)
        if isinstance(name, str) and name.strip() not in known:
            reader.report(loc, f"there is no rule `{name}`", near(name, known))


def _period(reader: Reader, loc: Loc) -> tuple[date | None, date | None]:
    found = reader.section(loc, ("from",), ("until",))
    if not found or "from" not in found:
        return None, None
    starts = reader.day((*loc, "from"))
    ends = reader.day((*loc, "until")) if "until" in found else None
    if starts and ends and ends < starts:
        reader.report((*loc, "until"), f"{ends} is before {starts}", "correct one of them")
    return starts, ends


def _documents(reader: Reader) -> dict[str, LegalDocument]:
    found = {}
    for key in reader.mapping(("documents",)) or {}:
        loc: Loc = ("documents", key)
        section = reader.section(loc, ("number", "title", "trust"), ("in_force",))
        if section is None or len(section.keys() & {"number", "title", "trust"}) < 3:
            continue
        starts, ends = _period(reader, (*loc, "in_force")) if "in_force" in section else (None, None)
        found[key] = LegalDocument(
            key=key,
            number=reader.text((*loc, "number"), 200),
            title=reader.words((*loc, "title")) or Text(vi="", en=""),
            trust=reader.choice((*loc, "trust"), Trust) or Trust.UNVERIFIED,
            starts=starts,
            ends=ends,
        )
    return found


def read_facts(reader: Reader) -> tuple[FactDeclaration, ...]:
    """Return the facts a file declares: what imports and the program itself give."""
    data = reader.section((), ("schema", "facts"))
    if data is None or "facts" not in data:
        return ()
    if data.get("schema") != FACTS_SCHEMA:
        reader.report(("schema",), f"must be {FACTS_SCHEMA}", "write the form this program reads")
    found = (_fact(reader, name) for name in reader.mapping(("facts",)) or {})
    return tuple(declaration for declaration in found if declaration is not None)


def _fact(reader: Reader, name: str) -> FactDeclaration | None:
    loc: Loc = ("facts", name)
    if not is_name(name):
        hint = "write two small words with a dot between, such as site.map_updated_at"
        reader.report(loc, f"`{name}` is not a fact's name", hint, at_key=True)
    section = reader.section(loc, ("type", "of", "source", "title"))
    if section is None or len(section) < 4:
        return None
    type_, source = reader.choice((*loc, "type"), FactType), reader.choice((*loc, "source"), Source)
    words = reader.words((*loc, "title"))
    if source is Source.PROBE:
        reader.report((*loc, "source"), "a probe declares its facts itself", "write import or product")
    if section["of"] not in _OF:
        reader.report((*loc, "of"), f"must be unit or target, not `{section['of']}`", "say whose fact it is")
    if type_ is None or source is None or words is None:
        return None
    is_of_unit = section["of"] == "unit"
    return FactDeclaration(name=name, type=type_, source=source, is_of_unit=is_of_unit, vi=words.vi, en=words.en)


def read_columns(reader: Reader) -> dict[str, FactType]:
    """Return the types of what probes declare as tuples."""
    data = reader.section((), ("schema", "columns"))
    if data is None or "columns" not in data:
        return {}
    if data.get("schema") != FACTS_SCHEMA:
        reader.report(("schema",), f"must be {FACTS_SCHEMA}", "write the form this program reads")
    found = {}
    for name in reader.mapping(("columns",)) or {}:
        type_ = reader.choice(("columns", name), FactType)
        if type_ is not None and not type_.is_list:
            reader.report(("columns", name), f"{type_} is no list", "write a type of lists, such as list<int>")
        elif type_ is not None:
            found[name] = type_
    return found
