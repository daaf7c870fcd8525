"""The chat service's side of a bot: messages of the monitor reach people, and people write to it.

POST /bot<token>/sendMessage, /getUpdates, /getMe with JSON; {"ok", "result"} or {"ok", "error_code", "description"}
back.
Each message of a person is handed over once, to one waiting request.

Source: https://docs.zaloplatforms.com/docs/BOT (methods, error codes; 408: nobody wrote in time).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bt_console.lab.services.letters import Letters

TEXT_LIMIT = 2000
_WAIT_LIMIT_S = 30.0
_BODY_OCTETS = 64 << 10


class Refusal(Exception):
    """What the service says instead of a result."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


class Bot:
    """One bot and the people who write with it."""

    def __init__(self, channel: str, token: str, letters: Letters) -> None:
        self.channel = channel
        self._token = token
        self._letters = letters
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def hear(self, sender: str, text: str) -> None:
        """Have a person write to the bot."""
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        message = {
            "from": {"id": sender, "display_name": sender, "is_bot": False},
            "chat": {"id": sender, "chat_type": "PRIVATE"},
            "text": text,
            "message_id": secrets.token_hex(8),
            "date": now_ms,
        }
        self._said.put_nowait({"event_name": "message.text.received", "message": message})

    def server(self) -> web.Server:
        """Return a protocol factory."""
        return web.Server(self._respond, access_log=None)

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            document = {"ok": True, "result": await self._result(request)}
        except Refusal as refusal:
            document = {"ok": False, "error_code": refusal.code, "description": str(refusal)}
        response = web.json_response(document)  # the service's own code is in the document, as the real one has it
        response.force_close()
        return response

    async def _result(self, request: web.BaseRequest) -> Any:
        token, _, method = request.path.removeprefix("/bot").partition("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Refusal(401, "Unauthorized")
        given = await _body(request)
        match method:
            case "sendMessage":
                return self._send(given)
            case "getUpdates":
                return await self._updates(given)
            case "getMe":
                return {"id": self.channel, "account_name": f"bot.{self.channel}", "account_type": "BASIC"}
        raise Refusal(404, "Not Found")

    def _send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        chat, text = given.get("chat_id"), given.get("text")
        if not isinstance(chat, str) or not isinstance(text, str) or not 0 < len(text) <= TEXT_LIMIT:
            raise Refusal(400, "Bad Request: chat_id and a text of 1 to 2000 letters are needed")
        arrived = self._letters.take(self.channel, chat, text, secrets.token_hex(8))
        return {"message_id": arrived.message_id, "date": int(arrived.at.timestamp() * 1000)}

    async def _updates(self, given: Mapping[str, Any]) -> dict[str, Any]:
        wait_s = given.get("timeout")
        wait_s = min(float(wait_s), _WAIT_LIMIT_S) if isinstance(wait_s, int | float) else _WAIT_LIMIT_S
        try:
            async with asyncio.timeout(wait_s):
                return await self._said.get()
        except TimeoutError as error:
            raise Refusal(408, "Request timeout") from error


async def _body(request: web.BaseRequest) -> Mapping[str, Any]:
    try:
        given = json.loads((await request.content.read(_BODY_OCTETS)) or b"{}")
    except ValueError as error:
        raise Refusal(400, "Bad Request: no JSON") from error
    if not isinstance(given, dict):
        raise Refusal(400, "Bad Request: no JSON object")
    return given
