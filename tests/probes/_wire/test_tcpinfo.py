import socket
import struct

import pytest

from probes._wire.tcpinfo import parse_tcp_info, read_tcp_info


def test_the_fields_of_the_structure_are_found_at_their_places() -> None:
    raw = struct.pack("=8B24I", *range(8), *range(100, 124))
    info = parse_tcp_info(raw)
    assert info is not None
    assert info.rtt_s == 115 / 1e6
    assert info.retransmit_count == 123
    assert info.answer_s == (109 - 111) / 1e3


def test_a_short_structure_is_not_guessed_at() -> None:
    assert parse_tcp_info(bytes(103)) is None


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="TCP_INFO is Linux's")
def test_a_connection_on_this_machine_has_a_round_trip() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sock:
        info = read_tcp_info(sock)
    assert info is not None
    assert 0 < info.rtt_s < 1
    assert info.retransmit_count == 0
