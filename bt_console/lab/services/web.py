"""HTTP and HTTPS of one service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from bt_console.lab.plan import Service
from bt_console.lab.services.pages import error_page, own_page, wrong_page
from bt_console.lab.world import ServiceState


def web_server(service: Service, state: Callable[[], ServiceState]) -> web.Server:
    """Return a protocol factory; each request asks anew in what state the service is."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        now = state()
        await asyncio.sleep(now.delay_s)
        response = _response(service, now)
        response.force_close()  # a fault must not wait for kept-alive connections to end
        return response

    return web.Server(answer, access_log=None)


def _response(service: Service, state: ServiceState) -> web.Response:
    if state.status is not None:
        return _html(error_page(state.status), state.status)
    if state.is_content_wrong:
        return _html(wrong_page(), 200)
    return _html(own_page(service.name, service.sort, service.texts), 200)


def _html(text: str, status: int) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
