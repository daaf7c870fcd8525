import dns.message
import dns.name
import dns.rdatatype
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.dns_exchange import read_answer

QUERY = dns.message.make_query("web.example", "A")
ANSWER = dns.message.make_response(QUERY).to_wire()


@given(st.binary(max_size=600))
def test_any_datagram_is_an_answer_or_refused_with_a_reason(datagram: bytes) -> None:
    problems: list[str] = []
    assert (read_answer(QUERY, datagram, problems.append) is None) == bool(problems)


@given(st.binary(max_size=300))
def test_any_tail_after_a_true_head_is_an_answer_or_refused(tail: bytes) -> None:
    head = bytearray(ANSWER)
    head[7] = 3  # claims three answers
    problems: list[str] = []
    assert (read_answer(QUERY, bytes(head) + tail, problems.append) is None) == bool(problems)
