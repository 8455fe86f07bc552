"""Where the application keeps its things and how it is reached: from the environment, with defaults that just work."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from engine.engine import Clock, utc_now

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one running application.

    `home` is the data folder; `public_url` is what QR codes and links in print carry; `secret` signs cookies and keys the
    audit chain; `clock` gives aware UTC instants. With a `broker_url` Celery workers do what is due, and count requests together.
    `pool_size` bounds the database connections of one process.
    """

    home: Path
    database_url: str
    public_url: str
    secret: bytes = field(repr=False)
    clock: Clock = utc_now
    broker_url: str = ""
    pool_size: int = 20
    testing: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach the application by https only."""
        return self.public_url.startswith("https:")

    @property
    def counts_url(self) -> str:
        """Where attempts to sign in are counted: for all processes together in Redis, else in each."""
        return self.broker_url if self.broker_url.startswith("redis") else "memory://"

    @classmethod
    def from_environment(cls) -> Config:
        """Read GUICHENG_HOME, _DATABASE_URL, _BROKER_URL, _SECRET and _POOL_SIZE, PUBLIC_URL and PORT.

        Makes the data folder, and unless it is given the secret, once.
        """
        home = Path(os.environ.get("GUICHENG_HOME", ROOT / "var")).resolve()
        home.mkdir(parents=True, exist_ok=True)
        port = os.environ.get("PORT", "8000")
        return cls(
            home=home,
            database_url=os.environ.get(
                "GUICHENG_DATABASE_URL", f"sqlite:///{home / 'guicheng.sqlite'}"
            ),
            public_url=os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            secret=os.environ.get("GUICHENG_SECRET", "").encode() or _secret(home / "secret"),
            broker_url=os.environ.get("GUICHENG_BROKER_URL", ""),
            pool_size=int(os.environ.get("GUICHENG_POOL_SIZE", "20")),
        )


def _secret(path: Path) -> bytes:
    """Give the installation's secret, made at the first start and readable by its owner only."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    return path.read_bytes()
