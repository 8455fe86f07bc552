"""What most likely comes next: the path a process owner draws straight."""

from __future__ import annotations

from engine.deployment import library
from engine.runtime import parse
from engine.runtime.outlook import heights


def test_the_main_path_of_the_move_in_is_the_one_drawn_straight() -> None:
    diagram = parse(library.files("move_in")["move_in_owner.bpmn"])
    steps = diagram.ahead("t_verify", 9)
    assert steps[:6] == ("t_issue", "t_sign", "t_profile", "t_calc", "t_pay", "c_inspect")
    assert steps[-1] == "t_archive"


def test_coordinates_that_are_no_numbers_count_as_the_top() -> None:
    xml = library.files("common")["manual_start.bpmn"].replace(b'y="80"', b'y="NaN"', 1)
    assert heights(xml)["t_handle"] == 40
    assert heights(xml.replace(b'y="NaN"', b'y="far"'))["t_handle"] == 40
