"""What an agent answers to a request: pure, octets in, octets out.

Source: RFC 3416 (4.2.1 Get, 4.2.2 GetNext, 4.2.3 GetBulk, 4.2.5 Set).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable

from bt_console.lab.agents.ber import (
    EMPTY,
    END_OF_VIEW,
    GET_BULK,
    GET_NEXT,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    RESPONSE,
    SET,
    Oid,
    Request,
    Varbind,
    enveloped,
    oid,
    pdu,
    read_request,
)
from probes._wire.snmp_ber import BadMessage, read_integer, read_sequence

_ANSWER_OCTETS = 1400
"""Fits into one frame, with room for the message around it."""
_TOO_BIG, _NOT_WRITABLE = 1, 17
_VERSION_3 = 3
_NO_ERROR = (0, 0)


class View:
    """Everything an agent can tell, in order."""

    def __init__(self, rows: Iterable[Varbind]) -> None:
        ordered = sorted(dict(rows).items())
        self._names = [name for name, _ in ordered]
        self._values = [value for _, value in ordered]

    def get(self, name: Oid) -> bytes:
        """Return a value, or the mark for why there is none."""
        place = bisect_left(self._names, name)
        if place < len(self._names) and self._names[place] == name:
            return self._values[place]
        column = name[:-1]
        near = bisect_left(self._names, column)
        is_known = near < len(self._names) and self._names[near][: len(column)] == column
        return NO_SUCH_INSTANCE if is_known else NO_SUCH_OBJECT

    def next(self, name: Oid) -> Varbind:
        """Return the first row after a name, or the end."""
        place = bisect_right(self._names, name)
        if place == len(self._names):
            return name, END_OF_VIEW
        return self._names[place], self._values[place]


def is_version_3(wire: bytes) -> bool:
    """Whether a datagram says that it is of version 3."""
    try:
        return read_integer(wire, read_sequence(wire, 0).start)[0] == _VERSION_3
    except BadMessage:
        return False


def answer(wire: bytes, view: View, communities: Collection[bytes]) -> bytes | None:
    """Return the response to a datagram; None for a stranger's, and for what is no request of version 2c."""
    try:
        request = read_request(wire)
    except BadMessage:
        return None
    if request.community not in communities:
        return None
    return enveloped(request.community, respond(request, view))


def respond(request: Request, view: View) -> bytes:
    """Return the PDU of the response to a request."""
    if request.kind == GET_BULK:
        return _respond(request, _bulk(request, view), _NO_ERROR)
    if request.kind == SET:
        return _respond(request, [(name, EMPTY) for name in request.names], (_NOT_WRITABLE, 1))
    find = view.next if request.kind == GET_NEXT else lambda name: (name, view.get(name))
    found = [find(name) for name in request.names]
    if _size(found) > _ANSWER_OCTETS:
        return _respond(request, [], (_TOO_BIG, 0))
    return _respond(request, found, _NO_ERROR)


def _bulk(request: Request, view: View) -> list[Varbind]:
    """Return as many rows as fit: a shorter answer is the asker's to continue."""
    once, again = request.names[: request.first], request.names[request.first :]
    found = [view.next(name) for name in once]
    room = _ANSWER_OCTETS - _size(found)
    places = list(again)
    for _ in range(request.second if places else 0):
        rows = [view.next(name) for name in places]
        for row in rows:
            room -= _size([row])
            if room < 0:
                return found
            found.append(row)
        if all(value == END_OF_VIEW for _, value in rows):
            break
        places = [name for name, _ in rows]
    return found


def _size(rows: Iterable[Varbind]) -> int:
    return sum(len(oid(name)) + len(value) + 4 for name, value in rows)


def _respond(request: Request, rows: Iterable[Varbind], error: tuple[int, int]) -> bytes:
    return pdu(RESPONSE, request.id, rows, error)
