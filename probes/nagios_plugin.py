"""Runs a monitoring plugin as it is: the thousands written for Nagios, Icinga and their kin.

Exit code 0 is OK. 1, warning, is OK too with fact `status` "warning": the service answers; a threshold on `status_code`
makes it count. 2, critical, is FAIL. 3, unknown, and everything else a plugin may do is ERROR: it could not measure.

Source: Monitoring Plugins Development Guidelines (exit codes, output, performance data); Nagios Core "Plugin API".
"""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from probes._wire.errors import BadInput
from probes._wire.perfdata import Output, parse_output
from probes._wire.plugin_runner import PluginEnd, PluginRunner
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

FOLDERS = (
    "/usr/lib/nagios/plugins",
    "/usr/lib64/nagios/plugins",
    "/usr/lib/monitoring-plugins",
    "/usr/local/libexec/nagios",
    "/usr/local/lib/nagios/plugins",
)
"""Where distributions put plugins: one given by its name alone is looked for here."""
STATUSES = ("ok", "warning", "critical", "unknown")
ARGUMENTS_COUNT = 100
_OK, _WARNING, _CRITICAL = 0, 1, 2
_ADDRESS = "{address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NagiosPluginParams:
    """What to run."""

    timeout_s: float = 10.0
    argv: tuple[str, ...] | str = ("check_dummy", "0")
    """Program and arguments, as a list or one text. `{address}` stands for the address. No shell reads them."""

    def __post_init__(self) -> None:
        words = self.words()
        if not words or not words[0]:
            raise ValueError("argv is empty: write the plugin and its arguments, such as check_tcp -H {address} -p 22")
        if len(words) > ARGUMENTS_COUNT or any("\0" in word for word in words):
            raise ValueError(f"argv has more than {ARGUMENTS_COUNT} arguments or a NUL in one")
        if "/" in words[0] and not words[0].startswith("/"):
            raise ValueError(f"argv begins with {words[0]!r}: write the plugin's full path, or its name alone")

    def words(self) -> tuple[str, ...]:
        """Return program and arguments. Raises ValueError for a text with a quote that has no end."""
        return tuple(shlex.split(self.argv)) if isinstance(self.argv, str) else self.argv


async def observe(address: str, params: NagiosPluginParams, ctx: ProbeContext) -> Reading:
    """Run the plugin for an address."""
    if address.startswith("-"):
        raise BadInput(f"{address!r} would be taken for an option: an address begins with a letter or a digit")
    trace = Trace(ctx, params.timeout_s)
    runner = ctx.shared.get(PluginRunner)
    return await trace.conclude(_run(_command(params, address), runner, trace))


def _command(params: NagiosPluginParams, address: str) -> tuple[str, ...]:
    program, *arguments = (word.replace(_ADDRESS, address) for word in params.words())
    return (_found(program), *arguments)


def _found(program: str) -> str:
    """Return a program's path; where it is not found, the name itself: the kernel then says what is wrong."""
    if program.startswith("/"):
        return program
    places = (f"{folder}/{program}" for folder in FOLDERS)
    return next((place for place in places if Path(place).is_file() and os.access(place, os.X_OK)), program)


async def _run(argv: Sequence[str], runner: PluginRunner, trace: Trace) -> str:
    trace.phase = "plugin"
    left_s = max(0.0, trace.limit_s - asyncio.get_running_loop().time())
    end = await runner.run(tuple(argv), left_s + 1.0)  # our own deadline is first; the helper's is for when we die
    output = parse_output(end.output)
    _note(end, output, trace)
    if end.how != "exit":
        raise _not_run(end, argv[0])
    if end.code == _CRITICAL:
        raise ProbeFailure(FailureKind.MISMATCH, output.message or "critical, and the plugin does not say why")
    if end.code not in (_OK, _WARNING):
        what = "unknown" if end.code < len(STATUSES) else f"exit code {end.code}, which means nothing"
        raise ProbeFailure(FailureKind.INTERNAL, f"the plugin could not measure ({what}): {output.message}")
    return output.message if end.code == _WARNING else ""


def _note(end: PluginEnd, output: Output, trace: Trace) -> None:
    trace.measures["run_s"] = end.run_s
    trace.facts["message"] = output.message
    if end.how == "exit":
        trace.measures["status_code"] = float(end.code)
        trace.facts["status"] = STATUSES[end.code] if end.code < len(STATUSES) else STATUSES[-1]
    trace.measures["perf_count"] = float(len(output.rows))
    trace.facts["perf_label"] = tuple(row.label for row in output.rows)
    trace.facts["perf_value"] = tuple(row.value for row in output.rows)
    trace.facts["perf_unit"] = tuple(row.unit for row in output.rows)


def _not_run(end: PluginEnd, program: str) -> ProbeFailure:
    reasons = {
        "refused": f"{program} cannot be run: {end.output}",
        "signal": f"{program} was ended by signal {end.code}",
        "flood": f"{program} printed more than anybody reads and was ended",
        "late": f"{program} did not end in time",
    }
    kind = FailureKind.PERMISSION if end.how == "refused" else FailureKind.INTERNAL
    return ProbeFailure(kind, reasons[end.how])


PROBE = ProbeKind(
    name="nagios_plugin",
    params=NagiosPluginParams,
    observe=observe,
    measures={"status_code": "0 ok, 1 warning, 2 critical, 3 unknown", "run_s": "seconds", "perf_count": "values"},
    facts={
        "status": str,
        "message": str,
        "perf_label": tuple,
        "perf_value": tuple,
        "perf_unit": tuple,
        "phase": str,
    },
    example="127.0.0.1 -p argv=check_dummy,0",
    source="Monitoring Plugins Development Guidelines",
    timeout_s=10.0,
    fleeting=frozenset({"perf_value"}),
)
