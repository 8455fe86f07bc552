"""The mutation run leaves out nothing: every condition, candidate group and boundary event of a family is changed once."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from engine.deployment import library
from tests.mutations import mutants

CONDITIONS = re.compile(rb"<bpmn:(?:conditionExpression|condition)[ >]")
GROUPS = re.compile(rb'candidateGroups="([^"]*)"|candidateGroups=\'([^\']*)\'')
BOUNDARIES = re.compile(rb"<bpmn:boundaryEvent ")


@pytest.mark.parametrize("family", library.families())
def test_every_condition_group_and_boundary_event_is_changed_once(family: str) -> None:
    files = library.files(family)
    drawn = b"".join(content for name, content in files.items() if name.endswith(".bpmn"))
    lists = [one or other for one, other in GROUPS.findall(drawn)]
    groups = sum(1 if one.startswith(b"=") else len(one.split(b",")) for one in lists)
    made = list(mutants.all_of(family, files))
    assert Counter(one.kind for one in made) == Counter(
        {
            "condition negated": len(CONDITIONS.findall(drawn)),
            "candidate group swapped": groups,
            "boundary event removed": len(BOUNDARIES.findall(drawn)),
        }
    )
    assert all(one.content != files[one.file] for one in made)
    assert len({one.name for one in made}) == len(made)
