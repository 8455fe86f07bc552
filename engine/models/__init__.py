"""The tables, as plain SQLAlchemy declarative classes."""

import importlib
import pkgutil

from engine.models.base import Base

# Every module of this package must be imported before the metadata is complete.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Base"]
