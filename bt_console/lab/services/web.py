"""HTTP and HTTPS of one service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from bt_console.lab.plan import Service
from bt_console.lab.services.hostile import hostile_reason, hostile_text
from bt_console.lab.services.pages import error_page, own_page, wrong_page
from bt_console.lab.world import ServiceState

Document = Callable[[bytes], tuple[bytes, str]]
"""From the body of a request to content and its type."""


def web_server(
    service: Service, state: Callable[[], ServiceState], documents: dict[str, Document] | None = None
) -> web.Server:
    """Return a protocol factory; each request asks anew in what state the service is. `documents` are by path."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        now = state()
        await asyncio.sleep(now.delay_s)
        document = (documents or {}).get(request.path)
        is_well = now.status is None and not now.is_content_wrong
        response = await _document(request, document) if document and is_well else _page(service, now)
        response.force_close()  # a fault must not wait for kept-alive connections to end
        return response

    return web.Server(answer, access_log=None)


async def _document(request: web.BaseRequest, document: Document) -> web.Response:
    content, kind = document(await request.read())
    return web.Response(body=content, content_type=kind)


def _page(service: Service, state: ServiceState) -> web.Response:
    if state.status is not None:
        return _html(error_page(state.status), state.status)
    if state.is_content_wrong:
        return _html(wrong_page(), 200)
    title = hostile_text() if state.is_banner_hostile else service.name
    page = own_page(title, service.sort, (service.name, *service.texts))
    return _html(page, 200, hostile_reason() if state.is_banner_hostile else None)


def _html(text: str, status: int, reason: str | None = None) -> web.Response:
    return web.Response(text=text, status=status, reason=reason, content_type="text/html", charset="utf-8")
