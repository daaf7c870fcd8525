"""A letter as a mail: valid UTF-8, threaded by incident, answered by no out-of-office assistant.

Source: RFC 5322 (fields), RFC 2045 and RFC 2047 (encodings), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import re
from datetime import datetime
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from typing import Any

from bt_console.channels._incident import subject_of
from bt_console.channels._text import cut, valid
from bt_console.channels.api import Letter
from probes.api import clean

SUBJECT_UNITS = 200
_MAIL = compat32.clone(linesep="\r\n")


def make_mail(letter: Letter, sender: str, recipient: str, now: datetime) -> bytes:
    """Return the message as it is sent."""
    lines = valid(letter.body).splitlines() or [""]
    # Built on the older interface on purpose: the newer one folds long Vietnamese subjects at the wrong places.
    mail = MIMEText("\r\n".join(lines) + "\r\n", "plain", "utf-8", policy=_MAIL)
    title = clean(cut(valid(letter.title), SUBJECT_UNITS), SUBJECT_UNITS) or "BT Console"
    subject: Any = Header(title, "utf-8", header_name="Subject")
    mail["Subject"] = subject
    mail["From"], mail["To"] = sender, recipient
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(letter, sender)
    if letter.document.get("incident"):
        mail["In-Reply-To"] = mail["References"] = _thread(letter, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail.as_bytes()


def message_id(letter: Letter, sender: str) -> str:
    """Return the same id for every attempt at one letter: mail programs show it once."""
    return _id(f"{letter.id}.{letter.at:%Y%m%d%H%M%S}", sender)


def _thread(letter: Letter, sender: str) -> str:
    """Return the id of a message that never was, to which every letter of one incident answers."""
    subject = subject_of(letter)
    return _id(f"incident-{subject.id}.{subject.starts_at:%Y%m%d%H%M%S}", sender)


def _id(name: str, sender: str) -> str:
    return f"<{re.sub(r'[^A-Za-z0-9._-]', '-', name)[:80]}@{sender.rpartition('@')[2]}>"
