"""SMTP of the mail service: STARTTLS, a size limit, a login over TLS, and mail for those who have a box here only.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 1870 (SIZE), RFC 4954 (AUTH).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bt_console.lab.services.hostile import hostile_text
from bt_console.lab.services.mailbox import MESSAGE_OCTETS, Mailbox
from bt_console.lab.services.postroom import Boxes
from bt_console.lab.world import ServiceState

State = Callable[[], ServiceState]


def smtp_factory(
    host: str, context: ssl.SSLContext, mailbox: Mailbox | None, state: State, boxes: Boxes | None = None
) -> Callable[[], asyncio.Protocol]:
    """Return a factory of SMTP sessions; without a mailbox and boxes they take mail for nobody."""

    def session() -> asyncio.Protocol:
        made: asyncio.Protocol = SMTP(
            _Post(mailbox, state, boxes),
            hostname=host,
            ident=hostile_text() if state().is_banner_hostile else "ESMTP",
            tls_context=context,
            enable_SMTPUTF8=True,
            data_size_limit=MESSAGE_OCTETS,
            authenticator=_Gate(mailbox),
        )
        return made

    return session


class _Gate:
    """Authenticator of aiosmtpd."""

    def __init__(self, mailbox: Mailbox | None) -> None:
        self._mailbox = mailbox

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        """Say whether name and password are the account's."""
        try:
            user, password = given.login.decode(), given.password.decode()
        except UnicodeDecodeError:
            return AuthResult(success=False)
        is_right = self._mailbox is not None and self._mailbox.is_owner(user, password)
        return AuthResult(success=is_right, handled=False)


class _Post:
    """Handler of aiosmtpd: greets, slowly if it must, and takes what is for the mailbox or for people."""

    def __init__(self, mailbox: Mailbox | None, state: State, boxes: Boxes | None) -> None:
        self._mailbox = mailbox
        self._state = state
        self._boxes = boxes

    def _is_own(self, address: str) -> bool:
        return self._mailbox is not None and address.lower() == self._mailbox.address.lower()

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        await asyncio.sleep(self._state().delay_s)
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if not self._is_own(address) and not (self._boxes and self._boxes.has(address)):
            return "550 5.1.1 no mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 no message"
        for address in envelope.rcpt_tos:
            if self._mailbox is not None and self._is_own(address):
                self._mailbox.deliver(content, datetime.now(UTC))
            elif self._boxes is not None:
                self._boxes.deliver(address, content)
        return "250 2.0.0 delivered"
