"""Ports of this machine for servers in processes of their own."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def hold() -> socket.socket:
    """Take a free port, which nobody else gets while the socket is open.

    It does not listen: a server that reuses addresses may, may be killed, and may listen again.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, 0))
    return held


def number(held: socket.socket) -> int:
    """Give the number of a port that is held."""
    return int(held.getsockname()[1])
