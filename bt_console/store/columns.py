"""Columns as the tables use them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Float, Integer
from sqlmodel import Field

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; SQLite makes only INTEGER keys part of the row itself."""


def key() -> Any:
    """Return a number the writer gives, as the row's key."""
    return Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))


def given_key() -> Any:
    """Return a number SQLite gives, as the row's key."""
    return Field(default=None, sa_column=Column(BIG, primary_key=True))


def big(*, nullable: bool = False, default: int | None = None) -> Any:
    """Return a whole number or an instant; `default` is for rows from before there was the column."""
    server_default = None if default is None else str(default)
    return Field(sa_column=Column(BIG, nullable=nullable, server_default=server_default))


def indexed() -> Any:
    """Return a whole number that rows are looked up by."""
    return Field(sa_column=Column(BIG, nullable=False, index=True))


def real(*, nullable: bool = False) -> Any:
    """Return a number that need not be whole."""
    return Field(sa_column=Column(Float, nullable=nullable))
