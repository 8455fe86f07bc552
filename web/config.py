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
    audit chain; `clock` gives aware UTC instants.
    """

    home: Path
    database_url: str
    public_url: str
    secret: bytes = field(repr=False)
    clock: Clock = utc_now
    testing: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach the application by https only."""
        return self.public_url.startswith("https:")

    @classmethod
    def from_environment(cls) -> Config:
        """Read GUICHENG_HOME, GUICHENG_DATABASE_URL, PUBLIC_URL and PORT; make the data folder and the secret once."""
        home = Path(os.environ.get("GUICHENG_HOME", ROOT / "var")).resolve()
        home.mkdir(parents=True, exist_ok=True)
        port = os.environ.get("PORT", "8000")
        return cls(
            home=home,
            database_url=os.environ.get(
                "GUICHENG_DATABASE_URL", f"sqlite:///{home / 'guicheng.sqlite'}"
            ),
            public_url=os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            secret=_secret(home / "secret"),
        )


def _secret(path: Path) -> bytes:
    """Give the installation's secret, made at the first start and readable by its owner only."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    return path.read_bytes()
