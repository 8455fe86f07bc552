"""The processes that ever made keys: a node number keeps the keys of two of them apart."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from engine.models.base import Base, instant, row_id


class Node(Base):
    """A process that started making keys."""

    __tablename__ = "node"

    id: Mapped[row_id]
    started_at: Mapped[instant]
