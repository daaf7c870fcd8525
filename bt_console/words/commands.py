"""Words of the command line's own output."""

WORDS: dict[str, tuple[str, str]] = {}
