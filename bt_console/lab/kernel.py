"""Namespaces by system call: no ip, no unshare, no mounts, no rights.

Source: user_namespaces(7), network_namespaces(7), prctl(2). os.unshare and os.setns exist only from Python 3.12 on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why this machine does not let us have namespaces, and what would."""

    reason: str
    """The setting as its owner writes it, such as `user.max_user_namespaces=0`."""
    remedy: str
    """A command, or words where no command helps."""


def _call(name: str, *args: int) -> None:
    if getattr(_libc, name)(*args):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def setns(fd: int, kind: int) -> None:
    """Move this thread into a namespace held by a file descriptor."""
    _call("setns", fd, kind)


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)  # it ended before the line above


def set_name(name: str) -> None:
    """Name this process in ps and top, at most 15 characters."""
    _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()), 0, 0, 0)


def enter_new_user_namespace() -> None:
    """Become root of a new user and network namespace. The process must have one thread only."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")


def this_namespace() -> int:
    """Return a file descriptor of the network namespace this thread is in."""
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def user_namespace() -> int:
    """Return a file descriptor of the user namespace this process is in."""
    return os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)


def new_network_namespace() -> int:
    """Make a network namespace, stay in it, and return a file descriptor that keeps it alive."""
    _call("unshare", CLONE_NEWNET)
    return this_namespace()


@contextmanager
def inside(fd: int | None) -> Iterator[None]:
    """Run a block in another network namespace (None: in this one) and come back."""
    if fd is None:
        yield
        return
    home = this_namespace()
    try:
        setns(fd, CLONE_NEWNET)
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)


def try_namespaces() -> Refusal | None:
    """Find out in a child process whether this machine lets us build; None when it does.

    Call it from a process with one thread.
    """
    child = os.fork()
    if not child:
        os._exit(_attempt())
    _, status = os.waitpid(child, 0)
    return None if status == 0 else explain_refusal(Path("/proc/sys"))


def _attempt() -> int:
    try:
        enter_new_user_namespace()
        new_network_namespace()
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except OSError:
        return 1
    return 0


_SETTINGS = (
    ("user/max_user_namespaces", "0", "user.max_user_namespaces", "sysctl -w user.max_user_namespaces=10000"),
    ("user/max_net_namespaces", "0", "user.max_net_namespaces", "sysctl -w user.max_net_namespaces=10000"),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "kernel.unprivileged_userns_clone",
        "sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
"""File below /proc/sys, the value that forbids, the setting's name, what to run as root."""


def explain_refusal(proc_sys: Path) -> Refusal:
    """Name the setting that forbids user namespaces, from the files below proc_sys."""
    for file, forbidding, name, command in _SETTINGS:
        try:
            value = (proc_sys / file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == forbidding:
            return Refusal(reason=f"{name}={value}", remedy=f"sudo {command}")
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return Refusal(
            reason="container seccomp", remedy="docker run --security-opt seccomp=unconfined --cap-add NET_ADMIN ..."
        )
    return Refusal(reason="unshare(CLONE_NEWUSER|CLONE_NEWNET)", remedy="seccomp, SELinux: journalctl -k")
