"""`bt-console lab up|down|status|fault|heal|exec|letters|reply|drill`: the simulated district."""

from __future__ import annotations

from argparse import REMAINDER, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bt_console.cli.command import Command, UsageError
from bt_console.cli.diagnostics import note
from bt_console.cli.parser import add_globals
from bt_console.cli.render import print_json, print_lines
from bt_console.words import say, tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.lab.client import Lab
    from bt_console.lab.errors import LabError

VERBS = ("up", "down", "status", "fault", "heal", "exec", "letters", "reply", "drill")


def _configure(parser: Parser) -> None:
    title = tell(parser.language, "cli.heading.commands")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title=title, prog=parser.prog)
    made = {verb: verbs.add_parser(verb, help=tell(parser.language, f"lab.help.{verb}")) for verb in VERBS}
    for verb, sub in made.items():
        if verb != "drill":  # which has a lab of its own
            sub.add_argument("--run-dir", metavar="DIR", type=Path, default=None, help="lab.opt.run_dir")
        if verb != "exec":  # a command's own options are not ours
            add_globals(sub, is_repeated=True)
    made["up"].add_argument("--loopback", action="store_true", help="lab.opt.loopback")
    made["status"].add_argument("--json", action="store_true", help="cli.opt.json")
    made["fault"].add_argument("spec", metavar="SPEC", nargs="?", help="lab.opt.spec")
    made["heal"].add_argument("spec", metavar="SPEC", nargs="?", help="lab.opt.heal_spec")
    made["letters"].add_argument("--json", action="store_true", help="cli.opt.json")
    made["letters"].add_argument("--after", metavar="N", type=int, default=0, help="lab.opt.after")
    made["reply"].add_argument("channel", metavar="CHANNEL", help="lab.opt.channel")
    made["reply"].add_argument("sender", metavar="WHO", help="lab.opt.sender")
    made["reply"].add_argument("text", metavar="TEXT", nargs="+", help="lab.opt.text")
    _configure_drill(made["drill"])
    made["exec"].add_argument("place", metavar="UNIT", help="lab.opt.place")
    made["exec"].add_argument("argv", metavar="COMMAND", nargs=REMAINDER, help="lab.opt.argv")


def _configure_drill(parser: Parser) -> None:
    parser.add_argument("specs", metavar="SPEC", nargs="*", help="drill.opt.specs")
    parser.add_argument("--all", action="store_true", help="drill.opt.all")
    parser.add_argument("--quick", action="store_true", help="drill.opt.quick")
    parser.add_argument("--soak", metavar="MINUTES", type=float, default=0.0, help="drill.opt.soak")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="drill.opt.seed")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    from bt_console.lab.errors import LabError
    from bt_console.lab.rundir import default_run_dir

    if args.verb is None:
        raise UsageError(tell(args.help_language, "lab.no_verb", verbs=", ".join(VERBS)))
    args.run_dir = getattr(args, "run_dir", None) or default_run_dir()
    try:
        return _DOERS[args.verb](args)
    except LabError as error:
        raise _translated(error, args.help_language) from error


def _translated(error: LabError, language: str) -> UsageError:
    return UsageError(say(language, error.message))


def _up(args: Namespace) -> int:
    from bt_console.lab.client import Lab

    note(tell(args.help_language, "lab.building"))
    lab = Lab.start(_config(args), args.run_dir, detach=True, fallback=args.loopback)
    for missing in lab.missing:
        note(say(args.help_language, missing))
    print_lines(_status_lines(lab, args))
    return 0


def _config(args: Namespace) -> Path:
    from bt_console.config.locate import find_config
    from bt_console.lab.example import example_config

    return find_config(args.config) if args.config else example_config()


def _attached(args: Namespace) -> Lab:
    from bt_console.lab.client import Lab

    return Lab.attach(args.run_dir)


def _down(args: Namespace) -> int:
    _attached(args).stop()
    return 0


def _status(args: Namespace) -> int:
    lab = _attached(args)
    if args.json:
        print_json(_document(lab))
    else:
        print_lines(_status_lines(lab, args))
    return 0


def _document(lab: Lab) -> dict[str, Any]:
    status = lab.status()
    kept = ("pid", "is_namespaced", "namespaces", "trust_file", "config", "active", "places", "services")
    return {
        "schema": "bt-console/lab/1",
        **{name: status[name] for name in kept},
        "missing": [say("en", text) for text in lab.missing],
        "faults": [
            {
                "name": kind.name,
                "usage": kind.usage,
                "description": kind.description[1],
                "description_vi": kind.description[0],
                "values": kind.values(lab.names),
            }
            for kind in lab.faults()
        ],
    }


def _status_lines(lab: Lab, args: Namespace) -> list[str]:
    status = lab.status()
    code = "lab.up" if lab.is_namespaced else "lab.up_loopback"
    lines = [tell(args.help_language, code, n=status["namespaces"], units=len(lab.names.units()))]
    lines.append(tell(args.help_language, "lab.monitor_with", config=lab.config_path, trust=lab.trust_file))
    if status["active"]:
        lines.append(tell(args.help_language, "lab.active", faults=", ".join(status["active"])))
    else:
        lines.append(tell(args.help_language, "lab.nothing_active"))
    return lines


def _fault(args: Namespace) -> int:
    lab = _attached(args)
    if args.spec is not None:
        lab.fault(args.spec)
        return 0
    index = ("vi", "en").index(args.help_language)
    width = max(len(kind.usage) for kind in lab.faults())
    print_lines([f"{kind.usage:<{width}}  {kind.description[index]}" for kind in lab.faults()])
    return 0


def _heal(args: Namespace) -> int:
    _attached(args).heal(args.spec)
    return 0


def _exec(args: Namespace) -> int:
    argv = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
    if not argv:
        raise UsageError(tell(args.help_language, "lab.no_command"))
    process = _attached(args).spawn(args.place, argv)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait()  # the terminal told the command too
    return code if code >= 0 else 128 - code


def _letters(args: Namespace) -> int:
    from bt_console.cli.letters import letter_lines, letters_document

    found = _attached(args).letters(args.after)
    if args.json:
        print_json(letters_document(found))
    else:
        print_lines(letter_lines(found) or [tell(args.help_language, "lab.no_letters")])
    return 0


def _reply(args: Namespace) -> int:
    _attached(args).reply(args.channel, args.sender, " ".join(args.text))
    return 0


def _drill(args: Namespace) -> int:
    from bt_console.cli.drill import drill

    return drill(args, _config(args))


_DOERS: dict[str, Callable[[Namespace], int]] = {
    "up": _up,
    "down": _down,
    "status": _status,
    "fault": _fault,
    "heal": _heal,
    "exec": _exec,
    "letters": _letters,
    "reply": _reply,
    "drill": _drill,
}

COMMAND = Command(name="lab", help="cli.help.lab", configure=_configure, run=_run)
