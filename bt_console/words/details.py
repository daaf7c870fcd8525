"""What probes say in English went wrong, in Vietnamese: the commonest sentences, the same numbers and names in them.

Source: details of icmp_echo, tcp_connect, http_get, tls_handshake and dns_query; strerror(3) of glibc; RFC 792 names.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

LONGEST = 400
"""A longer text is no detail of a probe."""

WORDS: dict[str, tuple[str, str]] = {
    "detail.no_reply": ("{n} gói không hồi đáp", "no reply to {n} packets"),
    "detail.icmp_said": ("{icmp}, theo {who}", "{icmp}, says {who}"),
    "detail.icmp_silent": ("{icmp}, máy kế bên không trả lời", "{icmp}, the neighbour does not answer"),
    "detail.cannot_send": ("không gửi được: {error}", "cannot send: {error}"),
    "detail.late_in": (
        "không trả lời trong {seconds} giây, ở bước {phase}",
        "no answer within {seconds} s during {phase}",
    ),
    "detail.late": ("không trả lời trong {seconds} giây", "no answer within {seconds} s"),
    "detail.connecting": ("nối tới {where} cổng {port}: {error}", "connecting to {where} port {port}: {error}"),
    "detail.name_server": ("máy chủ tên miền {where}: {error}", "name server {where}: {error}"),
    "detail.sending": ("khi gửi: {error}", "sending: {error}"),
    "detail.receiving": ("khi nhận: {error}", "receiving: {error}"),
    "detail.error_alone": ("{error}", "{error}"),
    "detail.said_instead": (
        "chờ {expected}, máy chủ gửi {said}",
        "expected {expected}, the server said {said}",
    ),
    "detail.said_nothing": (
        "chờ {expected}, máy chủ đóng kết nối không một lời",
        "expected {expected}, the server closed without a word",
    ),
    "detail.status": ("mã trạng thái {status}, đáng ra {expected}", "status {status}, expected {expected}"),
    "detail.lacks": ("trang không có {text}", "the page does not contain {text}"),
    "detail.start_lacks": (
        "{n} byte đầu của trang không có {text}",
        "the first {n} octets of the page does not contain {text}",
    ),
    "detail.shows": ("trang có {text}", "the page contains {text}"),
    "detail.redirects": (
        "hơn {n} lần chuyển hướng, cuối cùng tới {where}",
        "more than {n} redirects, the last to {where}",
    ),
    "detail.not_http": ("câu trả lời không phải HTTP: {why}", "the answer is not HTTP: {why}"),
    "detail.closed": ("máy chủ đóng kết nối mà không trả lời", "the server closed without an answer"),
    "detail.chain_expired": (
        "chứng thư của {whose} trong chuỗi hết hạn từ {at}",
        "certificate of {whose} in the chain expired since {at}",
    ),
    "detail.expired": ("hết hạn từ {at}", "expired since {at}"),
    "detail.not_yet": ("chưa có hiệu lực trước {at}", "not valid before {at}"),
    "detail.self_signed": ("tự ký", "self-signed"),
    "detail.issuer": ("nơi cấp không được tin cậy: {issuer}", "unknown issuer {issuer}"),
    "detail.wrong_name": (
        "sai tên: cấp cho {names}, không phải cho {wanted}",
        "name mismatch: issued for {names}, not for {wanted}",
    ),
    "detail.refused_certificate": ("chứng thư bị từ chối: {why}", "certificate refused: {why}"),
    "detail.no_handshake": ("không bắt tay TLS được: {why}", "no TLS handshake: {why}"),
    "detail.nxdomain": ("không có tên {name} (NXDOMAIN)", "{name} does not exist (NXDOMAIN)"),
    "detail.no_name": ("không có tên {name}", "{name} does not exist"),
    "detail.no_address": ("tên {name} không có địa chỉ", "{name} has no address"),
    "detail.no_record": ("tên {name} không có bản ghi {record}", "{name} has no {record} record"),
    "detail.rcode": ("máy chủ tên miền trả lời {rcode}", "the name server answered {rcode}"),
    "detail.other_answer": ("{name} là {heard}, đáng ra {expected}", "{name} is {heard}, expected {expected}"),
}
_TERMS = {
    "Connection refused": "bị từ chối kết nối",
    "connection refused": "bị từ chối kết nối",
    "Connection reset by peer": "bị ngắt kết nối",
    "Broken pipe": "kết nối đã đóng",
    "No route to host": "không có đường tới máy này",
    "no route to host": "không có đường tới máy này",
    "Network is unreachable": "không có đường tới mạng này",
    "Permission denied": "không được phép",
    "Operation not permitted": "không được phép",
    "network unreachable": "không tới được mạng",
    "host unreachable": "không tới được máy",
    "address unreachable": "không tới được địa chỉ",
    "port unreachable": "cổng đóng",
    "network prohibited": "mạng bị cấm",
    "host prohibited": "máy bị cấm",
    "prohibited": "bị cấm",
    "filtered": "bị chặn",
    "time to live exceeded": "gói chạy vòng",
    "dns": "tìm tên miền",
    "connect": "kết nối",
    "tls": "bắt tay TLS",
    "handshake": "bắt tay TLS",
    "first_byte": "chờ đáp",
    "body": "đọc nội dung",
    "banner": "chờ lời chào",
    "query": "hỏi tên miền",
    "nothing": "không có gì",
    "the server closed without an answer": "máy chủ đóng kết nối mà không trả lời",
}
"""Whole values that are words themselves; any other value stays as it is."""
_VALUES = {
    "n": r"\d+",
    "seconds": r"\d+(?:\.\d+)?",
    "port": r"\d+",
    "at": r"\S+",
    "who": r"\S+",
    "name": r"\S+",
    "record": r"[A-Z0-9]+",
    "rcode": r"[A-Z0-9]+",
    "phase": r"[a-z_]+",
    "icmp": r"[a-z ]+",
    "status": r"\d{3}.*?",
    "error": "|".join(re.escape(term) for term in _TERMS if " " in term and "the " not in term),
}
"""What may stand for a field of the English sentences; anything for the others."""


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(english), vietnamese) for vietnamese, english in WORDS.values())


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    fields = {name: f"(?P<{name}>{_VALUES.get(name, '.+?')})" for name in parts[1::2]}
    return re.compile("".join(fields[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))


@lru_cache(maxsize=512)
def in_vietnamese(detail: str) -> str:
    """Return a probe's detail in Vietnamese, each fault of several for itself; unknown ones stay as they are."""
    if len(detail) > LONGEST:
        return detail
    whole = _told(detail)
    return "; ".join(map(_told_or_same, detail.split("; "))) if whole is None else whole


def _told_or_same(fault: str) -> str:
    found = _told(fault)
    return fault if found is None else found


def _told(fault: str) -> str | None:
    for pattern, vietnamese in _sentences():
        if found := pattern.fullmatch(fault):
            return vietnamese.format_map({name: _term(name, value) for name, value in found.groupdict().items()})
    return None


def _term(name: str, value: str) -> str:
    return value.replace(".", ",") if name == "seconds" else _TERMS.get(value, value)
