"""What all channels of one event loop share: trusted authorities and the machine's names, read once."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from weakref import WeakKeyDictionary

from bt_console.channels.api import ChannelContext
from probes._wire.trust import contexts
from probes.api import ProbeContext, Shared

_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, Shared] = WeakKeyDictionary()


def network(ctx: ChannelContext) -> ProbeContext:
    """Return what the network code below needs: it resolves without threads, so that a dead resolver blocks nobody."""
    loop = asyncio.get_running_loop()
    shared = _SHARED.setdefault(loop, Shared())
    trust_file = Path(ctx.trust_file) if ctx.trust_file else None
    deadline_s = loop.time() + ctx.timeout_s
    return ProbeContext(deadline_s=deadline_s, shared=shared, nameservers=ctx.nameservers, trust_file=trust_file)


def tls_context(ctx: ChannelContext) -> ssl.SSLContext:
    """Return the context that verifies servers. Raises OSError when the trust file cannot be read."""
    return contexts(network(ctx)).strict
