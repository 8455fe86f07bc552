"""The cache of compiled templates: an application that starts again does not compile them anew."""

from __future__ import annotations

from contextlib import suppress

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Bytecode(FileSystemBytecodeCache):
    """The library's cache, which may also be lost: a page that says that the disk is full must not need the disk."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template if there is space."""
        with suppress(OSError):
            super().dump_bytecode(bucket)
