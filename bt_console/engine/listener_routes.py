"""What the listener answers: Alertmanager's API as far as senders need it, and addresses for signs of life.

Source: Alertmanager API v2, api/v2/openapi.yaml; Prometheus management API (/-/healthy, /-/ready).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from bt_console.engine.alerts_in import AlertsError, Reading, alerts_document, read_alerts
from bt_console.engine.listener import Ears, ListenerError

BODY_LIMIT = 5 << 20
BODY_S = 10.0
"""A sender who needs longer is cut off."""
_BEAT = re.compile("[A-Za-z0-9._-]{1,64}")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(ears: Ears, is_admitted: Callable[[str], bool]) -> web.Application:
    """Return the routes, all of which but /-/ ask for the token."""

    @web.middleware
    async def keep_out(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/-/"):
            try:
                if not is_admitted(request.headers.get("Authorization", "")):
                    return _refused(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
            except ListenerError as error:
                return _refused(503, str(error))
        return await handler(request)

    routes = Routes(ears)
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[keep_out])
    app.router.add_get("/-/ready", routes.ready)
    app.router.add_get("/-/healthy", routes.ready)
    app.router.add_get("/api/v2/alerts", routes.list_alerts)
    app.router.add_post("/api/v2/alerts", routes.take_alerts)
    app.router.add_get("/heartbeat/{name}", routes.beat)
    app.router.add_post("/heartbeat/{name}", routes.beat)
    return app


class Routes:
    """One method for each thing that can be asked."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears

    async def ready(self, request: web.Request) -> web.Response:
        """Say that we listen."""
        return web.Response(text="OK\n")

    async def list_alerts(self, request: web.Request) -> web.Response:
        """Return what holds at present."""
        return web.json_response(alerts_document(self._ears.firing()))

    async def take_alerts(self, request: web.Request) -> web.Response:
        """Take the good alerts in; say what is wrong with the others."""
        try:
            reading = await self._read(request)
        except TimeoutError:
            return _refused(408, f"the body did not come within {BODY_S:g} s")
        except AlertsError as error:
            return _refused(400, str(error))
        if reading.alerts:
            await self._ears.on_alerts(reading.alerts)
        return _refused(400, "; ".join(reading.problems)) if reading.problems else web.Response()

    async def _read(self, request: web.Request) -> Reading:
        async with asyncio.timeout(BODY_S):
            body = await request.read()
        # Megabytes of JSON would hold up the measurements.
        return await asyncio.to_thread(read_alerts, body, self._ears.now())

    async def beat(self, request: web.Request) -> web.Response:
        """Take a sign of life, whichever way it is asked: cron jobs use what they have."""
        name = request.match_info["name"]
        if not _BEAT.fullmatch(name) or not await self._ears.on_heartbeat(name):
            return _refused(404, "nobody expects a sign of life of that name")
        return web.Response(text="OK\n")


def _refused(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return an error the way Alertmanager words its own: the body is one JSON text."""
    return web.json_response(text, status=status, headers=headers)
