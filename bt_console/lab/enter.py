"""Run a command inside a namespace of the lab: enter.py USER_FD NET_FD LAB_PIDFD COMMAND...

Started by path with -IS, so that a command costs little and imports nothing of the product.
"""

import ctypes
import os
import select
import sys

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def main(words: list[str]) -> None:
    """Enter both namespaces and become the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    for text, kind in zip(words[:2], (_CLONE_NEWUSER, _CLONE_NEWNET), strict=True):
        if libc.setns(int(text), kind):
            sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
        os.close(int(text))
    if os.getuid():  # root looks into another user's lab: become the one identity that exists there
        os.setgid(0)
        os.setuid(0)
    # From here on whoever cleans up after the lab finds this process; if that has been, nobody will come.
    if select.select([int(words[2])], [], [], 0)[0]:
        sys.exit("the lab has ended")
    os.close(int(words[2]))
    try:
        os.execvp(words[3], words[3:])  # noqa: S606 - running the given command is the purpose
    except OSError as error:
        sys.exit(f"{words[3]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
