"""Words for causes, reasons and steps of the diagnosis."""

WORDS: dict[str, tuple[str, str]] = {}
