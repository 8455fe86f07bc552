from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from engine import audit, registry
from engine.engine import Engine
from engine.errors import Conflict, NotAllowed, Rejected
from engine.models.identity import Site
from engine.models.registry import Building, Customer, Occupancy, Unit
from engine.registry import imports, workbook
from engine.registry.workbook import WorkbookRefused
from tests.engine.company.conftest import person

CLERK = person("service_assistant")
HEAD = [
    "楼栋",
    "单元",
    "楼层",
    "房号",
    "类型",
    "建筑面积(㎡)",
    "状态",
    "客户名称",
    "关系",
    "电话",
    "证件号码",
    "起始日期",
]
GOOD = [
    ["3栋", "2", 12, 1201, "住宅", 89.12, "待入伙", "李小山", "业主", 13800001234, "", dt.date(2026, 11, 20)],
    ["3栋", "2", 12, 1201, "住宅", 89.12, "待入伙", "王芳", "共有人", "138-0000-4321", "", "2026/11/20"],
    ["3", 2, "12层", "1202", "", "68.5", "", "", "", "", "", ""],
    ["S1", "", "", 8, "商铺", 45, "已入住", "张三", "业主", "13800001111", "", ""],
    ["B1", "", -1, "217", "车位", 13.25, "已售", "张三", "业主", "13800001111", "", ""],
]  # fmt: skip


def book(rows: list[list[Any]], head: list[str] | None = None) -> bytes:
    made = Workbook()
    made.active.append(HEAD if head is None else head)
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def plan(engine: Engine, site: Site, content: bytes) -> imports.ImportPlan:
    with engine.read() as session:
        return imports.plan(session, CLERK, site, content)


def apply(engine: Engine, planned: imports.ImportPlan) -> dict[str, int]:
    with engine.begin(CLERK) as command:
        return imports.apply(command, planned)


def contents(engine: Engine) -> list[int]:
    with engine.read() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Building, Unit, Customer, Occupancy)
        ]


@pytest.fixture
def home(sites: dict[str, Site]) -> Site:
    return sites["liyuan"]


def test_a_dry_run_changes_nothing_and_applying_it_does_what_it_said(
    engine: Engine, home: Site
) -> None:
    planned = plan(engine, home, book(GOOD))
    assert planned.errors == []
    assert planned.counts == {"new": 5, "changed": 0, "unchanged": 0, "errors": 0}
    assert contents(engine) == [0, 0, 0, 0]

    apply(engine, planned)

    assert contents(engine) == [3, 4, 3, 4]
    with engine.read() as session:
        unit = registry.find_unit(session, home.id, "3-2-1201")
        assert (unit.display, unit.floor_area, unit.status, unit.floor) == (
            "3栋2单元1201",
            8912,
            "pending_move_in",
            12,
        )
        assert [(o.customer.name, o.relation) for o in registry.occupancies_of(session, unit)] == [
            ("李小山", "owner"), ("王芳", "co_owner"),
        ]  # fmt: skip
        assert registry.find_unit(session, home.id, "S1-08").kind == "shop"
        zhang = registry.search(session, CLERK, "zhangsan").customers
        assert [len(customer.occupancies) for customer in zhang] == [2]
        last = audit.entries(session, audit.ADMINISTRATION)[-1]
        assert (last.action, last.detail["counts"]["new"]) == ("registry.imported", 5)


def test_importing_the_same_again_changes_nothing(engine: Engine, home: Site) -> None:
    apply(engine, plan(engine, home, book(GOOD)))
    again = plan(engine, home, book(GOOD))
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 5, "errors": 0}
    apply(engine, again)
    assert contents(engine) == [3, 4, 3, 4]


def test_shows_before_and_after_of_what_changes(engine: Engine, home: Site) -> None:
    apply(engine, plan(engine, home, book(GOOD)))
    changed = [*GOOD[0]]
    changed[5], changed[9] = 90, "13800009999"
    planned = plan(engine, home, book([changed]))
    assert planned.rows[0].changes == {
        "floor_area": (8912, 9000),
        "phone": ("13800001234", "13800009999"),
    }
    apply(engine, planned)
    with engine.read() as session:
        assert registry.search(session, CLERK, "9999").customers[0].name == "李小山"
        assert registry.find_unit(session, home.id, "3-2-1201").version == 2


BAD = [
    ("楼栋", "", "building", "required"),
    ("房号", "", "room", "required"),
    ("房号", "12 01", "room", "type"),
    ("房号", True, "room", "type"),
    ("房号", 12.5, "room", "type"),
    ("房号", "=1+1", "room", "formula"),
    ("楼层", "high", "floor", "type"),
    ("楼层", 999, "floor", "type"),
    ("类型", "castle", "kind", "unknown"),
    ("建筑面积(㎡)", "big", "floor_area", "type"),
    ("建筑面积(㎡)", -1, "floor_area", "type"),
    ("建筑面积(㎡)", "NaN", "floor_area", "type"),
    ("建筑面积(㎡)", "1e400", "floor_area", "type"),
    ("建筑面积(㎡)", dt.datetime(2026, 1, 1), "floor_area", "type"),  # noqa: DTZ001
    ("状态", "haunted", "status", "unknown"),
    ("客户名称", "x" * 300, "name", "too_long"),
    ("客户名称", "", "name", "required"),
    ("客户名称", '=HYPERLINK("http://x")', "name", "formula"),
    ("关系", "friend", "relation", "unknown"),
    ("电话", "call me", "phone", "phone"),
    ("证件号码", 440300199001010011, "id_no", "type"),
    ("起始日期", "yesterday", "since", "type"),
    ("起始日期", "2026-02-30", "since", "type"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "value", "column", "code"), BAD)
def test_names_row_column_and_problem_and_imports_nothing(
    engine: Engine, home: Site, heading: str, value: Any, column: str, code: str
) -> None:
    bad = [*GOOD[0]]
    bad[HEAD.index(heading)] = value
    planned = plan(engine, home, book([GOOD[2], bad]))
    assert [(e.row, e.column, e.code) for e in planned.errors] == [(3, column, code)]
    with pytest.raises(Rejected):
        apply(engine, planned)
    assert contents(engine) == [0, 0, 0, 0]


def test_finds_every_error_at_once(engine: Engine, home: Site) -> None:
    rows = [["", "", "x", "", "", "", "", "", "", "", "", ""], [*GOOD[0][:9], "?", "", "?"]]
    planned = plan(engine, home, book(rows))
    assert [(e.row, e.column) for e in planned.errors] == [
        (2, "building"), (2, "floor"), (2, "room"), (3, "phone"), (3, "since"),
    ]  # fmt: skip


def test_refuses_rows_that_contradict_or_repeat_each_other(engine: Engine, home: Site) -> None:
    other_area, other_owner = [*GOOD[0]], [*GOOD[0]]
    other_area[5], other_area[7], other_area[8] = 70, "王芳", "共有人"
    other_owner[7] = "赵六"
    planned = plan(engine, home, book([GOOD[0], GOOD[0], other_area, other_owner]))
    assert [(e.row, e.code) for e in planned.errors] == [
        (3, "duplicate"), (4, "contradiction"), (5, "another_owner"),
    ]  # fmt: skip


def test_does_not_change_an_owner_behind_everybodys_back(engine: Engine, home: Site) -> None:
    apply(engine, plan(engine, home, book(GOOD)))
    sold = [*GOOD[0]]
    sold[7] = "赵六"
    assert [e.code for e in plan(engine, home, book([sold])).errors] == ["another_owner"]


def test_people_of_the_same_name_without_a_phone_stay_different_people(
    engine: Engine, home: Site
) -> None:
    rows = [
        ["3", "2", "", room, "", "", "", "张伟", "业主", "", "", ""] for room in ("1201", "1202")
    ]
    apply(engine, plan(engine, home, book(rows)))
    with engine.read() as session:
        assert len(registry.search(session, CLERK, "张伟").customers) == 2


def test_refuses_a_plan_that_the_registry_has_overtaken(engine: Engine, home: Site) -> None:
    planned = plan(engine, home, book(GOOD))
    apply(engine, planned)
    with pytest.raises(Conflict):
        apply(engine, planned)


def test_at_an_office_site_units_are_offices(engine: Engine, sites: dict[str, Site]) -> None:
    rows = [["A座", "1205"]]
    apply(engine, plan(engine, sites["lianhe"], book(rows, ["building", "Room"])))
    with engine.read() as session:
        assert registry.find_unit(session, sites["lianhe"].id, "A1205").display == "A座12层1205"


def test_only_editors_of_the_site_import(engine: Engine, sites: dict[str, Site]) -> None:
    for actor in (person("technician"), person("front_desk", sites["lianhe"])):
        with engine.read() as session, pytest.raises(NotAllowed):
            imports.plan(session, actor, sites["liyuan"], book(GOOD))


def test_the_template_can_be_imported_as_it_is(engine: Engine, home: Site) -> None:
    planned = plan(engine, home, workbook.template())
    assert planned.errors == []
    assert planned.counts["new"] == 1


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def _with_part(name: str, change: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book(GOOD))) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    parts[name] = change(parts.get(name, b""))
    return _zip(parts)


SHEET = "xl/worksheets/sheet1.xml"
HOSTILE = {
    "empty": (lambda: b"", "not_a_workbook"),
    "text": (lambda: b"3-2-1201;Li", "not_a_workbook"),
    "a zip of something": (lambda: _zip({"a.txt": b"x"}), "not_a_workbook"),
    "cut off": (lambda: book(GOOD)[:-200], "not_a_workbook"),
    "too large": (lambda: random.Random(1).randbytes(workbook.MAX_BYTES + 1), "too_large"),
    "a bomb": (lambda: _with_part("xl/x.xml", lambda _: b" " * (workbook.MAX_UNPACKED + 1)), "bomb"),
    "many parts": (lambda: _zip({f"{n}.xml": b"" for n in range(300)}), "bomb"),
    "macros": (lambda: _with_part("xl/vbaProject.bin", lambda _: b"x"), "macros"),
    "entities": (lambda: _with_part(SHEET, lambda old: b'<!DOCTYPE a [<!ENTITY b "c">]>' + old), "entities"),
    "another encoding": (lambda: _with_part(SHEET, lambda old: old.decode().encode("utf-16")), "entities"),
    "broken sheet": (lambda: _with_part(SHEET, lambda old: old[:-60]), "not_a_workbook"),
    "no headings": (lambda: book([]  , ["a", "b"]), "missing_column"),
    "twice": (lambda: book([], ["楼栋", "房号", "Room"]), "repeated_column"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses_hostile_files_with_a_clear_reason(engine: Engine, home: Site, name: str) -> None:
    make, problem = HOSTILE[name]
    with pytest.raises(WorkbookRefused) as refused:
        plan(engine, home, make())
    assert refused.value.params["problem"] == problem


def test_refuses_more_rows_than_a_site_has_units(engine: Engine, home: Site) -> None:
    rows = [["3", "1201"]] * (workbook.MAX_ROWS + 1)
    with pytest.raises(WorkbookRefused) as refused:
        plan(engine, home, book(rows, ["楼栋", "房号"]))
    assert refused.value.params["problem"] == "too_many_rows"


def test_refuses_a_million_rows_without_reading_them(engine: Engine, home: Site) -> None:
    far = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>3</t></is></c></row></sheetData>'
    with pytest.raises(WorkbookRefused) as refused:
        plan(engine, home, _with_part(SHEET, lambda old: old.replace(b"</sheetData>", far)))
    assert refused.value.params["problem"] == "too_many_rows"


def test_blank_rows_and_unknown_columns_do_not_matter(engine: Engine, home: Site) -> None:
    rows = [["3", "1201", "note"], [None, None, None], ["", "  ", ""], ["3", "1202", "note"]]
    planned = plan(engine, home, book(rows, ["楼栋*", "房号*", "remark"]))
    assert [(row.number, row.label) for row in planned.rows] == [(2, "3-1201"), (5, "3-1202")]


def test_the_template_has_every_column() -> None:
    sheet = load_workbook(io.BytesIO(workbook.template())).active
    assert [cell.value for cell in sheet[1]] == [column.zh for column in workbook.COLUMNS]
