"""What can go wrong with the lab.

LabError (Exception)
    message: the storable form for words.say(); str() is its English text
"""

from __future__ import annotations

from bt_console.words import message, say


class LabError(Exception):
    """The lab cannot do what was asked; the message says what, where, and what to do."""

    def __init__(self, code: str, **values: object) -> None:
        self.message = message(code, **values)
        super().__init__(say("en", self.message))

    @classmethod
    def of(cls, stored: str) -> LabError:
        """Return the error another process of the lab reported by its message."""
        error = cls("")
        error.message = stored
        error.args = (say("en", stored),)
        return error
