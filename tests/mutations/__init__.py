"""Diagrams changed on purpose: whether some scenario notices each change (decision 29)."""
