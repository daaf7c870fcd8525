"""Words of the console's screens, keys and dialogs."""

WORDS: dict[str, tuple[str, str]] = {}
