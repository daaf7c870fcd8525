"""Where the store is: what the command line says, else what the configuration says."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bt_console.facade import Console


def store_path(args: Namespace) -> Path:
    """Return the store's path. Raises ConfigError when neither `--store` nor a configuration tells it."""
    if args.store is not None:
        return Path(args.store)
    from bt_console.config.locate import find_config, read_store_path

    return read_store_path(find_config(args.config))


def open_console(args: Namespace) -> closing[Console]:
    """Return the facade on the store, for a `with` block. Raises StoreError."""
    from bt_console.facade import Console

    return closing(Console(store_path(args)))
