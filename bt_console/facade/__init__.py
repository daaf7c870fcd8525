"""The only way to the store for front ends. Loads nothing but the standard library and the model."""

from bt_console.facade.console import Console
from bt_console.store.errors import StoreError

__all__ = ["Console", "StoreError"]
