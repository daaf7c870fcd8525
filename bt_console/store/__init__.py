"""Where everything learnt is kept: one writer, many readers, one SQLite file."""
