"""`bt-console policies [list | test FILE... | explain RULE]`: the security rules, tried and explained."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli.command import Command, UsageError
from bt_console.words import tell

if TYPE_CHECKING:
    from datetime import date

    from bt_console.cli.parser import Parser
    from bt_console.config.rules import Rulebook
    from policies.engine import CompiledRule

VERBS = ("list", "test", "explain")
_OPTIONS = {"list": ("pack", "as_of"), "test": (), "explain": ("facts",)}


def _configure(parser: Parser) -> None:
    parser.add_argument("what", metavar="list | test FILE... | explain RULE", nargs="*", help="cli.opt.policies_what")
    parser.add_argument("--pack", metavar="ID", default=None, help="cli.opt.policies_pack")
    parser.add_argument("--as-of", metavar="DAY", default=None, help="cli.opt.policies_as_of")
    parser.add_argument("--facts", metavar="FILE", default=None, help="cli.opt.policies_facts")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    verb, *rest = args.what or ["list"]
    _refuse_strays(args, verb, rest)
    # Imported here: the language of rules and all probes are loaded.
    from bt_console.config.rules import load_rulebook

    book = load_rulebook(_own_directories(args))
    if verb == "test":
        return _test(args, book, rest)
    if verb == "explain":
        return _explain(args, book, rest[0])
    return _list(args, book)


def _refuse_strays(args: Namespace, verb: str, rest: list[str]) -> None:
    language = args.help_language
    if verb not in VERBS:
        raise UsageError(tell(language, "cli.policies.verbs", verb=verb))
    if verb == "test" and not rest:
        raise UsageError(tell(language, "cli.policies.test_what"))
    if verb == "explain" and len(rest) != 1:
        raise UsageError(tell(language, "cli.policies.explain_what"))
    if verb == "list" and rest:
        raise UsageError(tell(language, "cli.policies.list_what"))
    for name in ("pack", "as_of", "facts"):
        if getattr(args, name) is not None and name not in _OPTIONS[verb]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(tell(language, "cli.policies.strays", option=option, verb=verb))


def _own_directories(args: Namespace) -> tuple[Path, ...]:
    """Return where a district's own rules lie; without any configuration there are none."""
    from bt_console.config.errors import ConfigErrors
    from bt_console.config.locate import find_config
    from bt_console.config.rules import read_policy_dirs

    try:
        config = find_config(args.config)
    except ConfigErrors:
        return ()
    return read_policy_dirs(config)


def _list(args: Namespace, book: Rulebook) -> int:
    from bt_console.cli import policy_text
    from bt_console.cli.place import language_without_store
    from bt_console.cli.render import print_json, print_lines

    day = _day(args)
    chosen = _chosen(args, book, day)
    shown_day = day or args.now().date()
    if args.json:
        print_json(policy_text.list_document(book, chosen, shown_day))
    else:
        print_lines(policy_text.list_lines(book, chosen, shown_day, language_without_store(args)))
    return 0


def _day(args: Namespace) -> date | None:
    from datetime import date

    if args.as_of is None:
        return None
    try:
        return date.fromisoformat(args.as_of)
    except ValueError as error:
        raise UsageError(tell(args.help_language, "cli.policies.bad_day", text=args.as_of)) from error


def _chosen(args: Namespace, book: Rulebook, day: date | None) -> tuple[CompiledRule, ...]:
    from bt_console.cli.policy_text import period

    if args.pack is not None and args.pack not in book.packs:
        packs = ", ".join(sorted(book.packs))
        raise UsageError(tell(args.help_language, "cli.policies.no_pack", asked=args.pack, packs=packs))
    if args.pack is not None and day is not None and not book.packs[args.pack].is_in_force(day):
        when = period(book.packs[args.pack], args.help_language)
        code = "cli.policies.not_in_force"
        raise UsageError(tell(args.help_language, code, pack=args.pack, day=day, period=when))
    return book.chosen(args.pack, day)


def _test(args: Namespace, book: Rulebook, files: list[str]) -> int:
    from bt_console.cli import policy_text
    from bt_console.cli.place import language_without_store
    from bt_console.cli.render import print_json, print_lines
    from bt_console.config.errors import ConfigErrors, ConfigProblem
    from bt_console.config.rules import read_rule_file
    from policies.trial import try_rule

    problems: list[ConfigProblem] = []
    tried = []
    for file in files:
        try:
            compiled = read_rule_file(Path(file), book)
        except ConfigErrors as error:
            problems.extend(error.problems)
        else:
            tried.append((file, compiled.rule, try_rule(compiled)))
    if problems:
        raise ConfigErrors(problems)
    if args.json:
        print_json(policy_text.test_document(tried))
    else:
        print_lines(policy_text.test_lines(tried, language_without_store(args)))
    return 0 if all(one.is_as_wanted for *_, trials in tried for one in trials) else 1


def _explain(args: Namespace, book: Rulebook, asked: str) -> int:
    from bt_console.cli import policy_explain
    from bt_console.cli.place import language_without_store
    from bt_console.cli.render import print_json, print_lines
    from bt_console.config.fact_file import read_fact_file

    compiled = _rule(args, book, asked)
    now = args.now()
    facts = None if args.facts is None else read_fact_file(Path(args.facts), book.declarations, now)
    explained = policy_explain.explained(compiled, facts, now)
    if args.json:
        print_json(policy_explain.document(explained))
    else:
        print_lines(policy_explain.lines(explained, book, language_without_store(args)))
    return 0


def _rule(args: Namespace, book: Rulebook, asked: str) -> CompiledRule:
    from difflib import get_close_matches

    found = book.rules.get(asked.upper())
    if found is None:
        near = ", ".join(get_close_matches(asked.upper(), book.rules, n=3, cutoff=0.3))
        raise UsageError(tell(args.help_language, "cli.policies.no_rule", asked=asked, near=near))
    return found


COMMAND = Command(name="policies", help="cli.help.policies", configure=_configure, run=_run)
