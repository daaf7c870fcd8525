"""What a browser sees at each service, and what it sees when a service is broken."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_GREETING = {
    "web": "Mời đăng nhập bằng tài khoản cán bộ, công chức được cấp.",
    "mail": "Mời đăng nhập hộp thư công vụ. Không gửi thư mật qua hệ thống này.",
    "signature": "Máy chủ trạng thái chứng thư số (OCSP) và dấu thời gian (TSA) đang phục vụ.",
}


def own_page(title: str, sort: str, texts: Iterable[str]) -> str:
    """Return the page of a service that works; `texts` are what the monitor expects to read."""
    missing = [text for text in texts if text not in title]
    return _page(title, [_GREETING.get(sort, _GREETING["web"]), *missing])


def wrong_page() -> str:
    """Return a page that is not the service's, as after a hijack or a wrong restore."""
    return _page("Chào mừng đến với nginx", ["Máy chủ web đã được cài đặt và cần cấu hình thêm."])


def error_page(status: int) -> str:
    """Return the page of a server error."""
    return _page(f"Lỗi {status}", ["Máy chủ gặp lỗi khi xử lý yêu cầu."])


def _page(title: str, paragraphs: Iterable[str]) -> str:
    body = "\n".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return (
        f'<!doctype html>\n<html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )
