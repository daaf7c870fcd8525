from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome, Reading
from probes.http_flow import STEPS_COUNT, HttpFlowParams, Step
from probes.secret import Secret
from tests.servers.ask import ask
from tests.servers.certificates import Authority
from tests.servers.daemons import nginx
from tests.servers.tcp_server import answering, closed_port, page, serving, stall
from tests.servers.web_app import PASSWORD, USER, WebApp

TOKEN_PATTERN = 'name="csrf" value="([^"]*)"'
FORM = {"user": USER, "password": "{secret:password}", "csrf": "{token}"}
LOG_IN = (
    Step(name="form", path="/login", extract={"token": TOKEN_PATTERN}),
    Step(name="log in", path="/login", form=FORM, expect_text="Văn bản đến"),
    Step(name="documents", path="/documents", expect_text="Văn bản đến"),
)


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, Secret]:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    path.chmod(0o600)
    return {"password": Secret(f"file:{path}")}


async def walk(app: WebApp, *steps: Step, **params: Any) -> Reading:
    async with serving(app) as port:
        return await ask("http_flow", f"http://127.0.0.1:{port}/", steps=steps, **params)


async def test_a_user_logs_in_and_reads(secrets: dict[str, Secret]) -> None:
    app = WebApp()
    reading = await walk(app, *LOG_IN, secrets=secrets)
    assert reading.outcome is Outcome.OK, reading.detail
    assert reading.facts["step_names"] == ("form", "log in", "documents")
    assert reading.facts["step_status"] == (200, 200, 200)
    times = reading.facts["step_s"]
    assert isinstance(times, tuple)
    assert len(times) == 3
    assert reading.facts["failed_step"] == ""
    assert reading.measures["steps_done_count"] == 3
    assert reading.measures["redirect_count"] == 1
    assert reading.measures["total_s"] > 0
    assert [(asked.method, asked.path) for asked in app.seen] == [
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/documents"),
        ("GET", "/documents"),
    ]


async def test_cookies_go_only_where_they_belong(secrets: dict[str, Secret]) -> None:
    app = WebApp()
    await walk(app, *LOG_IN, Step(path="/login"), secrets=secrets)
    assert "session" not in app.seen[-1].headers["cookie"], "its path is /documents"
    assert app.seen[2].headers["cookie"] == "session=s1; visit=1"


async def test_a_secure_cookie_is_not_sent_without_tls_nor_to_another_host() -> None:
    setting = page(Set_Cookie="a=1; Secure; Path=/") + b""
    other = page(Set_Cookie="b=2; Domain=other.example; Path=/")
    app = WebApp(extra={"/a": setting, "/b": other, "/c": page("end")})
    await walk(app, Step(path="/a"), Step(path="/b"), Step(path="/c"))
    assert all("cookie" not in asked.headers for asked in app.seen)


async def test_a_wrong_password_fails_the_step_and_is_shown_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "wrong"
    path.write_text("not-the-password")
    path.chmod(0o600)
    echo = page("x", status="401 you said not-the-password " + "x" * 220 + "not-the-password")
    app = WebApp(extra={"/echo": echo})
    step = Step(name="log in", path="/echo", form={"password": "{secret:password}"})
    reading = await walk(app, step, Step(path="/never"), secrets={"password": Secret(f"file:{path}")})
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.facts["failed_step"] == "log in"
    assert reading.facts["step_status"] == (401,)
    assert reading.measures["steps_done_count"] == 0
    assert "not-the" not in f"{reading}"
    assert "you said ***" in reading.detail


async def test_a_secret_that_cannot_be_read_is_our_own_error(tmp_path: Path) -> None:
    step = Step(path="/login", form={"password": "{secret:password}"})
    reading = await walk(WebApp(), step, secrets={"password": Secret(f"file:{tmp_path}/none")})
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)


async def test_a_page_without_the_value_fails_the_step() -> None:
    reading = await walk(WebApp(), Step(path="/login", extract={"token": "no such (thing)"}))
    assert reading.failure is FailureKind.MISMATCH
    assert reading.detail == "step /login: nothing on the page matches the pattern of token"


async def test_a_value_from_a_page_cannot_add_a_header() -> None:
    app = WebApp(extra={"/a": page("v=x&#13;&#10;Evil: 1;"), "/b": page()})
    steps = (Step(path="/a", extract={"v": "v=(.*);$"}), Step(path="/b", headers={"X-Token": "{v}"}))
    reading = await walk(app, *steps)
    assert (reading.failure, len(app.seen)) == (FailureKind.MISMATCH, 1)


async def test_a_value_from_a_page_stays_inside_the_path() -> None:
    app = WebApp(extra={"/a": page("v=17?x y;")})
    await walk(app, Step(path="/a", extract={"v": "v=(.*);"}), Step(path="/doc/{v}", headers={"X-V": "{v}"}))
    assert app.seen[1].path == "/doc/17?x%20y"
    assert app.seen[1].headers["x-v"] == "17?x y"


async def test_a_page_cannot_ask_for_a_secret(secrets: dict[str, Secret]) -> None:
    app = WebApp(extra={"/a": page("v={secret:password};"), "/b": page()})
    steps = (
        Step(path="/a", extract={"v": "v=(.*);"}),
        Step(path="/b", form={"v": "{v}", "password": "{secret:password}"}),
    )
    await walk(app, *steps, secrets=secrets)
    assert app.seen[1].form == {"v": "{secret:password}", "password": PASSWORD}


async def test_relative_paths_begin_at_the_page_before() -> None:
    app = WebApp(extra={"/a/": page(status="302 Found", Location="/b/start"), "/b/start": page(), "/b/next": page()})
    reading = await walk(app, Step(path="/a/"), Step(path="next"))
    assert reading.outcome is Outcome.OK
    assert [asked.path for asked in app.seen] == ["/a/", "/b/start", "/b/next"]


async def test_a_form_is_never_sent_on_to_another_server() -> None:
    elsewhere = WebApp()
    async with serving(elsewhere) as port:
        onward = page(status="307 Temporary Redirect", Location=f"http://127.0.0.1:{port}/")
        app = WebApp(extra={"/post": onward})
        reading = await walk(app, Step(path="/post", form={"a": "1"}))
    assert reading.failure is FailureKind.PROTOCOL
    assert elsewhere.seen == []


async def test_headers_of_a_step_are_not_sent_on_to_another_server() -> None:
    elsewhere = WebApp(extra={"/": page()})
    async with serving(elsewhere) as port:
        app = WebApp(extra={"/a": page(status="302 Found", Location=f"http://127.0.0.1:{port}/")})
        reading = await walk(app, Step(path="/a", headers={"Authorization": "Bearer x"}))
    assert reading.outcome is Outcome.OK
    assert app.seen[0].headers["authorization"] == "Bearer x"
    assert "authorization" not in elsewhere.seen[0].headers


@pytest.mark.parametrize(("status", "method"), [("302 Found", "GET"), ("303 See Other", "GET"), ("308 Moved", "POST")])
async def test_methods_after_a_redirect_are_those_of_browsers(status: str, method: str) -> None:
    app = WebApp(extra={"/post": page(status=status, Location="/end"), "/end": page()})
    await walk(app, Step(path="/post", form={"a": "1"}))
    assert (app.seen[1].method, app.seen[1].form) == (method, {"a": "1"} if method == "POST" else {})


async def test_redirects_without_end_fail_and_zero_judges_the_redirect() -> None:
    app = WebApp(extra={"/": page(status="302 Found", Location="/")})
    reading = await walk(app, Step(max_redirects=3))
    assert (reading.failure, len(app.seen)) == (FailureKind.PROTOCOL, 4)
    reading = await walk(app, Step(max_redirects=0, expect_status="302"))
    assert (reading.outcome, reading.facts["step_status"]) == (Outcome.OK, (302,))


async def test_tls_is_verified_at_each_step(authority: Authority) -> None:
    app = WebApp(extra={"/": page("hello")})
    async with serving(app, authority.context("127.0.0.1")) as port:
        url = f"https://127.0.0.1:{port}/"
        good = await ask("http_flow", url, steps=(Step(), Step()), trust_file=authority.trust_file)
        bad = await ask("http_flow", url, steps=(Step(),))
        unverified = await ask("http_flow", url, steps=(Step(),), verify_tls=False)
    assert good.outcome is Outcome.OK, good.detail
    assert good.measures["tls_s"] > 0
    assert (bad.failure, bad.facts["step_status"]) == (FailureKind.TLS, (0,))
    assert unverified.outcome is Outcome.OK


async def test_nginx_without_any_step_is_one_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    with nginx(tmp_path, f"listen 127.0.0.1:PORT; root {tmp_path};") as port:
        reading = await ask("http_flow", f"http://127.0.0.1:{port}/index.html")
    assert reading.outcome is Outcome.OK, reading.detail
    assert (reading.facts["step_names"], reading.facts["step_status"]) == (("/index.html",), (200,))


async def test_a_stalled_step_is_a_timeout_that_names_it() -> None:
    async with serving(stall) as port:
        reading = await ask("http_flow", f"http://127.0.0.1:{port}/", steps=(Step(name="first"),), timeout_s=0.2)
    assert reading.outcome is Outcome.TIMEOUT
    assert (reading.facts["failed_step"], reading.facts["step_names"]) == ("first", ("first",))
    assert reading.facts["phase"] == "first_byte"


async def test_closed_ports_and_what_is_no_http_keep_their_names() -> None:
    with closed_port() as port:
        assert (await ask("http_flow", f"http://127.0.0.1:{port}/")).failure is FailureKind.REFUSED
    async with serving(answering(b"SSH-2.0-x\r\n")) as port:
        assert (await ask("http_flow", f"http://127.0.0.1:{port}/")).failure is FailureKind.PROTOCOL


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "PUT"}, "write GET, or POST"),
        ({"method": "GET", "form": {"a": "1"}}, "which a form needs"),
        ({"expect_status": "ok"}, "write numbers and ranges"),
        ({"extract": {"Token": "(x)"}}, "write small letters"),
        ({"extract": {"token": "("}}, "cannot be read"),
        ({"extract": {"token": "x"}}, "has 0 groups"),
        ({"extract": {"token": "(x)(y)"}}, "has 2 groups"),
        ({"path": "/?key={secret:key}"}, "secrets belong into values"),
        ({"form": {"{secret:key}": "1"}}, "secrets belong into values"),
        ({"headers": {"Host": "x"}}, "made by the probe itself"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "cannot be sent"),
        ({"headers": {"X A": "1"}}, "cannot be sent"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Step(**fields)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Step(path="/{token}"), Step(extract={"token": "(x)"})), "'token', which is extracted in no step before"),
        ((Step(form={"a": "{secret:key}"}),), "'key', which is not among `secrets`"),
        ((Step(),) * (STEPS_COUNT + 1), "at most 20 are walked"),
    ],
)
def test_steps_that_do_not_fit_together_are_refused(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HttpFlowParams(steps=steps)
