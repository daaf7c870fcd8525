"""Details of probes are said in Vietnamese with the numbers and names they had, or not touched."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from bt_console.words import message, say
from bt_console.words.details import LONGEST, WORDS, in_vietnamese

SAID = {
    "no reply to 3 packets": "3 gói không hồi đáp",
    "host unreachable, says 10.255.0.1": "không tới được máy, theo 10.255.0.1",
    "host unreachable, the neighbour does not answer": "không tới được máy, máy kế bên không trả lời",
    "cannot send: Network is unreachable": "không gửi được: không có đường tới mạng này",
    "no answer within 1.5 s during tls": "không trả lời trong 1,5 giây, ở bước bắt tay TLS",
    "no answer within 5.0 s during capability": "không trả lời trong 5,0 giây, ở bước capability",
    "no answer within 2.0 s": "không trả lời trong 2,0 giây",
    "connecting to 10.254.1.13 port 443: Connection refused": "nối tới 10.254.1.13 cổng 443: bị từ chối kết nối",
    "name server 10.20.0.53: Connection refused": "máy chủ tên miền 10.20.0.53: bị từ chối kết nối",
    "receiving: Connection reset by peer": "khi nhận: bị ngắt kết nối",
    "sending: Broken pipe": "khi gửi: kết nối đã đóng",
    "connection refused": "bị từ chối kết nối",
    "expected 'SSH-2.0', the server said '220 mail'": "chờ 'SSH-2.0', máy chủ gửi '220 mail'",
    "expected 'SSH-2.0', the server closed without a word": "chờ 'SSH-2.0', máy chủ đóng kết nối không một lời",
    "status 500 Internal Server Error, expected 200-399": "mã trạng thái 500 Internal Server Error, đáng ra 200-399",
    "the page does not contain 'Đăng nhập'": "trang không có 'Đăng nhập'",
    "the first 65536 octets of the page does not contain 'x'": "65536 byte đầu của trang không có 'x'",
    "the page contains 'error'": "trang có 'error'",
    "more than 5 redirects, the last to http://a/": "hơn 5 lần chuyển hướng, cuối cùng tới http://a/",
    "the answer is not HTTP: the server closed without an answer": (
        "câu trả lời không phải HTTP: máy chủ đóng kết nối mà không trả lời"
    ),
    "the server closed without an answer": "máy chủ đóng kết nối mà không trả lời",
    "certificate of CN=R3 in the chain expired since 2026-11-01T00:00:00Z": (
        "chứng thư của CN=R3 trong chuỗi hết hạn từ 2026-11-01T00:00:00Z"
    ),
    "expired since 2026-11-01T00:00:00Z": "hết hạn từ 2026-11-01T00:00:00Z",
    "not valid before 2026-12-01T00:00:00Z": "chưa có hiệu lực trước 2026-12-01T00:00:00Z",
    "self-signed": "tự ký",
    "unknown issuer CN=Thử": "nơi cấp không được tin cậy: CN=Thử",
    "name mismatch: issued for a.vn, b.vn, not for c.vn": "sai tên: cấp cho a.vn, b.vn, không phải cho c.vn",
    "certificate refused: unable to get local issuer certificate": (
        "chứng thư bị từ chối: unable to get local issuer certificate"
    ),
    "no TLS handshake: the server speaks no TLS": "không bắt tay TLS được: the server speaks no TLS",
    "qlvb.example does not exist (NXDOMAIN)": "không có tên qlvb.example (NXDOMAIN)",
    "qlvb.example does not exist": "không có tên qlvb.example",
    "qlvb.example has no address": "tên qlvb.example không có địa chỉ",
    "qlvb.example has no AAAA record": "tên qlvb.example không có bản ghi AAAA",
    "the name server answered SERVFAIL": "máy chủ tên miền trả lời SERVFAIL",
    "qlvb.example is 10.0.0.1, 10.0.0.2, expected 10.254.1.11": (
        "qlvb.example là 10.0.0.1, 10.0.0.2, đáng ra 10.254.1.11"
    ),
}


@pytest.mark.parametrize(("english", "vietnamese"), SAID.items())
def test_a_known_detail_is_said_in_vietnamese_with_the_same_numbers(english: str, vietnamese: str) -> None:
    assert in_vietnamese(english) == vietnamese
    assert sorted(re.findall(r"\d+", vietnamese)) == sorted(re.findall(r"\d+", english))


@pytest.mark.parametrize("code", WORDS)
def test_every_sentence_has_an_example_here(code: str) -> None:
    vietnamese = WORDS[code][0]
    literals = [text for text, _, _, _ in Formatter().parse(vietnamese) if text.strip(" ,:;")]
    assert any(all(part in said for part in literals) for said in SAID.values())


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "no route to hosts",
        "SNMP agent 10.0.0.1: out of memory",
        "no reply to many packets",
        "{n} {0} %s",
        "x" * (LONGEST + 1),
        "no reply to 3 packets\n",
    ],
)
def test_an_unknown_detail_stays_as_it_is(detail: str) -> None:
    assert in_vietnamese(detail) == detail


def test_of_several_faults_each_is_said_for_itself() -> None:
    assert in_vietnamese("expired since 2026-11-01T00:00:00Z; odd; self-signed") == (
        "hết hạn từ 2026-11-01T00:00:00Z; odd; tự ký"
    )


def test_what_a_server_said_is_never_read_as_a_template() -> None:
    assert in_vietnamese("expected 'a', the server said '{n}{0.__class__}'") == (
        "chờ 'a', máy chủ gửi '{n}{0.__class__}'"
    )


def test_only_the_field_named_detail_is_said_and_only_in_vietnamese() -> None:
    stored = message("cause.service_down", name="no reply to 3 packets", detail="no reply to 3 packets")
    assert say("vi", stored) == "no reply to 3 packets ngừng: 3 gói không hồi đáp"
    assert say("en", stored) == "no reply to 3 packets is down: no reply to 3 packets"
