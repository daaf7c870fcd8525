"""Snapshot to rows: pure functions that know neither Textual nor a terminal."""
