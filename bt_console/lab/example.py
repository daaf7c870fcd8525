"""Where the example district's configuration is, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

_NAME = "config.example.yaml"


def example_config() -> Path:
    """Return the configuration that is simulated when none is asked for."""
    packaged = Path(__file__).with_name(_NAME)
    return packaged if packaged.exists() else Path(__file__).parents[2] / _NAME
