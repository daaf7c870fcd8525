"""Whatever a bot's service answers, a channel says what became of it and nothing else comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console import channels
from bt_console.channels.api import ChannelError, Received, Sent
from probes.secret import Secret
from tests.channels.letters import LETTER, PATIENT, secret
from tests.channels.servers import receiving
from tests.servers.tcp_server import page, serving

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _shaped(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


MESSAGE = _shaped(text=st.text() | JSON, message_id=JSON, date=JSON, **{"from": _shaped(id=JSON) | JSON})
UPDATE = _shaped(update_id=st.integers() | JSON, message=MESSAGE | JSON, event_name=JSON)
ANSWER = _shaped(
    ok=st.booleans() | JSON,
    result=UPDATE | st.lists(UPDATE, max_size=3) | MESSAGE | JSON,
    error_code=st.integers() | JSON,
    description=JSON,
    parameters=_shaped(retry_after=JSON, migrate_to_chat_id=JSON) | JSON,
)
STATUSES = st.sampled_from(["200 OK", "400 Bad", "429 Slow", "500 Oops"])
BODIES = ANSWER.map(json.dumps) | JSON.map(json.dumps) | st.text()


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Secret:
    return secret(Path(tmp_path_factory.mktemp("token")))


@pytest.mark.parametrize("name", ["telegram", "zalo_bot"])
@settings(max_examples=150, deadline=None)
@given(body=BODIES, status=STATUSES, retry_after=st.text(st.characters(min_codepoint=32, max_codepoint=126)))
async def test_any_answer_has_a_meaning(name: str, token: Secret, body: str, status: str, retry_after: str) -> None:
    kind = channels.load(name)
    assert kind.receive is not None
    async with serving(receiving(page(body, status, Retry_After=retry_after))) as port:
        params = kind.params(token=token, url=f"http://127.0.0.1:{port}")
        sent = await kind.send(params, "1", LETTER, PATIENT)
        try:
            heard = await kind.receive(params, "5", PATIENT)
        except ChannelError:
            heard = Received()
    assert isinstance(sent, Sent)
    assert len(f"{sent.detail}{sent.code}{sent.provider_id}") < 500
    for message in heard.messages:
        assert message.provider_id
        assert len(f"{message.sender}{message.text}{message.provider_id}") < 600
        assert message.at.tzinfo is not None
