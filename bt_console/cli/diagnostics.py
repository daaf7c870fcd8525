"""Everything that goes to stderr, and every exit code.

Error families and how they end:

    ConfigError, ConfigErrors, StoreError, LabError, UsageError    message, exit 2
    KeyboardInterrupt                                              nothing, exit 130
    BrokenPipeError (the reader of stdout left)                    nothing, exit 141
    any other exception (a fault of the program)                   one line, traceback in a private file, exit 70

Source: exit 70 is EX_SOFTWARE of BSD sysexits.h; 130 and 141 are 128 + SIGINT and 128 + SIGPIPE, as shells report them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from bt_console.cli.command import UsageError
from bt_console.cli.render import abandon_stdout
from bt_console.words import say, tell

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_SOFTWARE = 70
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

_EXPLAINED = frozenset({"ConfigError", "ConfigErrors", "StoreError", "LabError", "UsageError"})
"""Class names, so that no room is imported only to name its errors."""

_PLAIN_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def say_error(message: str) -> None:
    """Write one message to stderr, marked with the program's name."""
    sys.stderr.write(f"bt-console: {message}\n")


def note(message: str) -> None:
    """Write a line of progress or advice to stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


class Guard:
    """Turns what escapes from a command into a message and an exit code.

    >>> with Guard("en") as guard:
    ...     guard.exit_code = command.run(args)
    """

    def __init__(self, language: str) -> None:
        self.exit_code = EXIT_OK
        self._language = language

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.exit_code = _ended_by(error, self._language)
        return error is not None


def _ended_by(error: BaseException, language: str) -> int:
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else EXIT_OK
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        abandon_stdout()
        return EXIT_BROKEN_PIPE
    if is_explained(error):
        _say_explained(error, language)
        return EXIT_USAGE
    _report_fault(error, language)
    return EXIT_SOFTWARE


def is_explained(error: BaseException) -> bool:
    """Whether an exception is of a family whose message tells its reader what to do."""
    return any(c.__name__ in _EXPLAINED and c.__module__.startswith("bt_console.") for c in type(error).__mro__)


def _say_explained(error: BaseException, language: str) -> None:
    if getattr(error, "problems", None):
        note(str(error))  # `file:line:column: message` lines, which editors and CI find only at a line's start
    else:
        stored = getattr(error, "message", None)
        say_error(say(language, stored) if isinstance(stored, str) else str(error))


def _report_fault(error: BaseException, language: str) -> None:
    text = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        path = _write_private(state_directory() / "crash", text)
    except OSError:
        say_error(f"{tell(language, 'cli.fault.unsaved', what=what)}\n{text.rstrip()}")
    else:
        say_error(tell(language, "cli.fault.saved", what=what, path=path))


def state_directory() -> Path:
    """Return where the program's own files go: systemd's choice, then the user's state directory."""
    # Imported here: the YAML reader beside it is of no use to most commands.
    from bt_console.config import locate

    systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(systemd) if systemd else locate.state_directory()


def _write_private(directory: Path, text: str) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{os.getpid()}.txt"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


class LogLine(logging.Formatter):
    """One line per record: instant, level, logger, message, then the `extra` fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _PLAIN_RECORD}
        fields = {"msg": record.getMessage(), **extra}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        written = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        return f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S%z')} {record.levelname.lower()} {record.name} {written}"


def _quoted(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(' "=') else json.dumps(text, ensure_ascii=False)


def configure_logging(*, is_verbose: bool, log_file: Path | None) -> None:
    """Send the log to stderr, or to a file; without --verbose only warnings and worse.

    Raises UsageError when the file cannot be written.
    """
    try:
        handler = logging.FileHandler(log_file, encoding="utf-8") if log_file else logging.StreamHandler()
    except OSError as error:
        raise UsageError(f"--log-file {log_file}: {error.strerror}") from error
    handler.setFormatter(LogLine())
    level = logging.DEBUG if is_verbose else logging.INFO if log_file else logging.WARNING
    logging.basicConfig(handlers=[handler], level=level, force=True)
