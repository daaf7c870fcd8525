"""Walks through a web application as its user does: several pages, one session, forms filled in.

Source: RFC 9110 and RFC 9112 (HTTP), RFC 6265 (cookies), WHATWG URL standard (forms).
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from probes._wire.cookies import Cookies
from probes._wire.flow_values import NAME, Values, references
from probes._wire.http import Request, exchange
from probes._wire.http_page import Page
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.tls import TLS_FACTS
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress, parse_web_address
from probes._wire.web_page import REDIRECTS, judge_status, judge_text, next_address, page_text, parse_statuses, secure
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean
from probes.secret import Secret

STEPS_COUNT = 20
SEARCHED_LENGTH = 262_144
"""How much of a page is searched for values."""
_METHODS = ("", "GET", "POST")
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie"})
_KEEPS_METHOD = frozenset({307, 308})
_HEADER_NAME = re.compile("[A-Za-z][A-Za-z0-9-]*")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page. `{name}` in path, form and headers is a value found before, `{secret:name}` one of the secrets."""

    name: str = ""
    """As screens show it; empty means the path."""
    method: str = ""
    """GET or POST; empty means POST with a form and GET without."""
    path: str = "/"
    """Path or whole URL, relative to the page before."""
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    expect_status: str = "200-399"
    expect_text: str = ""
    forbid_text: str = ""
    extract: Mapping[str, str] = field(default_factory=dict)
    """Name -> regular expression with one group: what later steps use as `{name}`."""
    max_redirects: int = 5
    """0 judges a redirecting answer itself."""

    def __post_init__(self) -> None:
        parse_statuses(self.expect_status)
        if self.method not in _METHODS or (self.form and self.method == "GET"):
            raise ValueError(f"method is {self.method!r}: write GET, or POST, which a form needs")
        for name, pattern in self.extract.items():
            _check_extract(name, pattern)
        if any(is_secret for is_secret, _ in references((self.path, *self.headers, *self.form))):
            raise ValueError("secrets belong into values of `form` or `headers`: paths end up in logs of servers")
        for name, value in self.headers.items():
            _check_header(name, value)

    @property
    def title(self) -> str:
        """The name, or else the path."""
        return self.name or self.path

    def texts(self) -> Iterator[str]:
        """Yield every text in which values may be put."""
        yield self.path
        yield from self.form.values()
        yield from self.headers.values()


def _check_header(name: str, value: str) -> None:
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"the header {name} is made by the probe itself")
    if not _HEADER_NAME.fullmatch(name) or not _is_sendable(value):
        raise ValueError(f"the header {name!r} cannot be sent: names are letters, digits and -, values are ASCII")


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


def _check_extract(name: str, pattern: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"extract names {name!r}: write small letters, digits and _")
    try:
        groups_count = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"the pattern of {name} cannot be read: {error}") from error
    if groups_count != 1:
        raise ValueError(f"the pattern of {name} has {groups_count} groups: put one pair of brackets around the value")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFlowParams:
    """Where to go and what to fill in."""

    timeout_s: float = 15.0
    """For all steps together."""
    steps: tuple[Step, ...] = ()
    """Empty gets the address itself once."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """Name -> file:, env: or credential: reference, used as `{secret:name}`."""
    max_octets: int = 1_048_576
    """Reading each body stops here."""
    verify_tls: bool = True

    def __post_init__(self) -> None:
        if len(self.steps) > STEPS_COUNT:
            raise ValueError(f"{len(self.steps)} steps: at most {STEPS_COUNT} are walked")
        known: set[tuple[bool, str]] = {(True, name) for name in self.secrets}
        for step in self.steps:
            if missing := references(step.texts()) - known:
                is_secret, name = sorted(missing)[0]
                where = "is not among `secrets`" if is_secret else "is extracted in no step before"
                raise ValueError(f"step {step.title!r} uses {name!r}, which {where}")
            known |= {(False, name) for name in step.extract}


async def observe(address: str, params: HttpFlowParams, ctx: ProbeContext) -> Reading:
    """Walk from a URL."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.walk())


class _Run:
    """One walk by one user."""

    def __init__(self, address: str, params: HttpFlowParams, ctx: ProbeContext) -> None:
        self.address = parse_web_address(address)
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)
        self.cookies = Cookies()
        self.values = Values(params.secrets)
        self.rows: list[tuple[str, int, float]] = []
        self._note()

    async def walk(self) -> str:
        now = asyncio.get_running_loop().time
        start_s = now()
        steps = self.params.steps or (Step(name=clean(self.address.path), path=""),)
        try:
            for step in steps:
                await self._step(step)
                self.trace.measures["steps_done_count"] += 1.0
        finally:
            self.trace.measures["total_s"] = now() - start_s
        return ""

    async def _step(self, step: Step) -> None:
        now = asyncio.get_running_loop().time
        start_s, title = now(), clean(step.title)
        self.trace.facts["failed_step"] = title
        self.status = 0
        try:
            page = await self._visit(step)
            judge_status(page, step.expect_status)
            judge_text(page, step.expect_text, step.forbid_text, self.params.max_octets)
            self._extract(page, step.extract)
        except ProbeFailure as failure:
            detail = f"step {title}: {self.values.scrub(failure.detail)}"
            raise ProbeFailure(failure.kind, detail) from None  # the original may hold what was scrubbed
        finally:
            self.rows.append((title, self.status, round(now() - start_s, 6)))
            self._note()
        self.trace.facts["failed_step"] = ""

    async def _visit(self, step: Step) -> Page:
        address, request = self._first(step)
        for _ in range(step.max_redirects + 1):
            page = await self._fetch(address, request)
            location = page.headers.get("location")
            if page.status not in REDIRECTS or location is None or not step.max_redirects:
                self.address = address
                return page
            self.trace.add("redirect_count", 1.0)
            following = next_address(address, location)
            request = _redirected(request, page.status, _origin(following) == _origin(address))
            address = following
        raise ProbeFailure(FailureKind.PROTOCOL, f"more than {step.max_redirects} redirects")

    def _first(self, step: Step) -> tuple[WebAddress, Request]:
        address = next_address(self.address, self.values.fill(step.path))
        headers = [(name, self._header(name, value)) for name, value in step.headers.items()]
        form = {name: self.values.fill(value) for name, value in step.form.items()}
        method = step.method or ("POST" if step.form else "GET")
        if method == "POST":
            headers.append(_FORM)
        return address, Request(method=method, headers=tuple(headers), body=urlencode(form).encode())

    def _header(self, name: str, value: str) -> str:
        filled = self.values.fill(value)
        if not _is_sendable(filled):
            raise ProbeFailure(FailureKind.MISMATCH, f"what was put into the header {name} cannot be sent in one")
        return filled

    async def _fetch(self, address: WebAddress, request: Request) -> Page:
        cookie = self.cookies.header(address)
        headers = (*request.headers, ("Cookie", cookie)) if cookie else request.headers
        full = Request(method=request.method, headers=headers, body=request.body)
        stream = await reach(address.host, address.port, self.ctx, self.trace)
        try:
            if address.is_tls:
                await secure(stream, address, self.params.verify_tls, self.ctx, self.trace)
            page = await exchange(stream, address, full, self.params.max_octets, self.trace)
        finally:
            stream.close()
        self.status = page.status
        page.reason = self.values.scrub(page.reason)  # before anything cuts it, and a secret in it, short
        self.cookies.take(address, page.cookies)
        return page

    def _extract(self, page: Page, patterns: Mapping[str, str]) -> None:
        text = page_text(page)[:SEARCHED_LENGTH] if patterns else ""
        for name, pattern in patterns.items():
            match = re.search(pattern, text)
            if match is None or match[1] is None:
                raise ProbeFailure(FailureKind.MISMATCH, f"nothing on the page matches the pattern of {name}")
            self.values.learn(name, html.unescape(match[1]))

    def _note(self) -> None:
        self.trace.measures.setdefault("steps_done_count", 0.0)
        self.trace.facts |= {
            "step_names": _column(self.rows, 0),
            "step_status": _column(self.rows, 1),
            "step_s": _column(self.rows, 2),
        }


def _column(rows: Sequence[tuple[str, int, float]], index: int) -> tuple[str | int | float, ...]:
    return tuple(row[index] for row in rows)


def _origin(address: WebAddress) -> tuple[str, str, int]:
    return address.scheme, address.host, address.port


def _redirected(request: Request, status: int, is_same_origin: bool) -> Request:
    """Return what a browser asks next; what was filled in or put into headers is for the first server only."""
    headers = tuple(pair for pair in request.headers if pair != _FORM) if is_same_origin else ()
    if status not in _KEEPS_METHOD:
        return Request(headers=headers)
    if request.method == "POST" and not is_same_origin:
        raise ProbeFailure(FailureKind.PROTOCOL, f"status {status} would send the form to another server")
    return request if is_same_origin else Request()


PROBE = ProbeKind(
    name="http_flow",
    params=HttpFlowParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "tls_s": "seconds",
        "first_byte_s": "seconds",
        "body_s": "seconds",
        "total_s": "seconds",
        "redirect_count": "redirects",
        "steps_done_count": "steps",
        "certificate_days_left": "days",
    },
    facts={
        **REACH_FACTS,
        **TLS_FACTS,
        "step_names": tuple,
        "step_status": tuple,
        "step_s": tuple,
        "failed_step": str,
    },
    example="http://127.0.0.1:8080/ -p timeout_s=5",
    source="RFC 9110, RFC 9112, RFC 6265",
    timeout_s=15.0,
    fleeting=frozenset({"step_s"}),
)
