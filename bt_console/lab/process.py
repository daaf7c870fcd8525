"""The lab process: builds the district, keeps it, obeys its control socket, and ends when its owner does.

    python -m bt_console.lab.process --config FILE --run-dir DIRECTORY [--owner-fd N] [--fallback]

It reports once on stdout, {"ok": true} or {"error": MESSAGE}, when the district answers or cannot be had.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.control import listen
from bt_console.lab.errors import LabError
from bt_console.lab.guardian import clean_up, start_guardian
from bt_console.lab.rundir import claim
from bt_console.lab.supervisor import District, Supervisor


def main() -> None:
    """Be the lab."""
    args = _arguments()
    if args.owner_fd is None and os.fork():
        os._exit(0)  # detached: whoever started us need not wait for us
    os.setsid()
    kernel.set_name("bt-lab")
    try:
        _be_the_lab(args)
    except LabError as error:
        _report({"error": error.message})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bt_console.lab.process")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--owner-fd", type=int)
    parser.add_argument("--fallback", action="store_true")
    return parser.parse_args()


def _be_the_lab(args: argparse.Namespace) -> None:
    is_dir_ours = claim(args.run_dir)
    refusal = kernel.Refusal(reason="--fallback", remedy="") if args.fallback else kernel.try_namespaces()
    if refusal is None:
        kernel.enter_new_user_namespace()
    # Before anything else exists, so that nothing can be left behind and it holds no descriptor of ours.
    guardian_pid, _ = start_guardian(args.run_dir, is_dir_ours=is_dir_ours, has_namespaces=refusal is None)
    district = _district(args, refusal)
    district.open()
    with listen(args.run_dir) as listening:
        pids = (guardian_pid, *(child.pid for child in district.children))
        watched = [os.pidfd_open(pid) for pid in pids]  # readable when the process has ended
        if args.owner_fd is not None:
            watched.append(args.owner_fd)
        _report({"ok": True})
        asyncio.run(Supervisor(district).run(listening, tuple(watched)))
    district.close()
    if os.waitpid(guardian_pid, os.WNOHANG) != (0, 0):  # somebody ended the guardian: its work is ours
        clean_up(args.run_dir, is_dir_ours=is_dir_ours, has_namespaces=refusal is None)


def _district(args: argparse.Namespace, refusal: kernel.Refusal | None) -> District:
    # Imported here: pydantic and pyroute2 take longer to load than all before.
    from bt_console.config.errors import ConfigErrors

    try:
        if refusal is None:
            return _namespaced(args)
        from bt_console.lab.loopback import LoopbackDistrict

        return LoopbackDistrict(args.config, args.run_dir, refusal)
    except ConfigErrors as error:
        raise LabError("lab.bad_config", why=error) from error


def _namespaced(args: argparse.Namespace) -> District:
    from bt_console.config.load import load_config
    from bt_console.lab.district import NamespacedDistrict
    from bt_console.lab.topology import draw

    settings = load_config(args.config)
    return NamespacedDistrict(draw(settings.inventory, settings.oncall), args.config, args.run_dir)


def _report(answer: dict[str, object]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")
    # Whoever waits for us reads to the end; nothing we run may hold that end open.
    devnull = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(devnull, fd)
    os.close(devnull)


if __name__ == "__main__":
    main()
