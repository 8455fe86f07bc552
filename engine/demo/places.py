"""The buildings and units of the demo company's two sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.engine import Command
from engine.models.identity import Site
from engine.models.registry import OFFICE, PARKING, RESIDENCE, SHOP, Building, Unit
from engine.registry import register_building
from engine.registry.units import new_unit

UNLUCKY = (4, 14)  # no such floors, shops or rooms
REFUGE_FLOOR = 15
FLAT_SIZES = (8912, 6850, 14300, 11260, 7480, 12890)  # hundredths of a square metre
OFFICE_SIZES = (12050, 9860, 21000, 15600, 8830, 17240)


@dataclass(frozen=True)
class Block:
    """A residential building: its number, phase, district, entrances and height."""

    code: str
    phase: str
    area: str
    entrances: int
    floors: int


BLOCKS = (
    Block("1", "一期", "东区", 1, 18),
    Block("2", "一期", "东区", 1, 18),
    Block("3", "二期", "东区", 2, 18),
    Block("5", "二期", "西区", 1, 32),
    Block("6", "三期", "西区", 2, 18),
)
DUPLEX = ("3", "2", "1801")
MERGED_OFFICE = ("A", "1205")
TOWERS = {"A": (2, 5, 8, 10, 12, 16, 20, 28), "B": (3, 6, 9, 12, 18, 28)}
OFFICE_ROOMS = ("01", "02", "03", "05", "06", "07")


def build_home(command: Command, site: Site) -> list[Unit]:
    """Build 荔园·云庭: five residential buildings in three phases, a row of shops and a parking deck."""
    units: list[Unit] = []
    for block in BLOCKS:
        building = register_building(
            command,
            site,
            code=block.code,
            name=f"{block.code}栋",
            name_en=f"Building {block.code}",
            phase=block.phase,
            area=block.area,
        )
        units += _flats(building, block)
    shops = register_building(
        command, site, code="S1", name="S1商铺", name_en="Shops S1", phase="一期", area="东区"
    )
    numbers = [n for n in range(1, 21) if n not in UNLUCKY]
    units += [
        new_unit(shops, room=f"{n:02}", kind=SHOP, floor_area=3200 + 150 * n) for n in numbers
    ]
    deck = register_building(
        command, site, code="B1", name="B1车库", name_en="Parking B1", phase="一期", area="东区"
    )
    units += [
        new_unit(deck, room=str(n), kind=PARKING, floor=-1, floor_area=1325)
        for n in range(201, 231)
    ]
    return _stored(command, units)


def build_office(command: Command, site: Site) -> list[Unit]:
    """Build 联合中心: towers A and B with a refuge floor and a merged office."""
    units: list[Unit] = []
    for code, floors in TOWERS.items():
        tower = register_building(
            command, site, code=code, name=f"{code}座", name_en=f"Tower {code}", area=f"{code}座"
        )
        units += _offices(tower, floors)
    return _stored(command, units)


def _flats(building: Building, block: Block) -> Iterator[Unit]:
    floors = [floor for floor in range(1, block.floors + 1) if floor not in UNLUCKY]
    for entrance in map(str, range(1, block.entrances + 1)):
        for floor in floors:
            for door in (1, 2):
                room = f"{floor}{door:02}"
                duplex = (block.code, entrance, f"{floor}01") == DUPLEX
                if duplex and door != 1:
                    continue
                yield new_unit(
                    building,
                    room=room,
                    kind=RESIDENCE,
                    entrance=entrance,
                    floor=floor,
                    merged=["1802"] if duplex else [],
                    floor_area=28600 if duplex else FLAT_SIZES[(floor + door) % len(FLAT_SIZES)],
                )


def _offices(tower: Building, floors: tuple[int, ...]) -> Iterator[Unit]:
    for floor in floors:
        for index, door in enumerate(OFFICE_ROOMS):
            merged = (tower.code, f"{floor}05") == MERGED_OFFICE
            if merged and door > "05":
                continue
            joined = merged and door == "05"
            yield new_unit(
                tower,
                room=f"{floor}{door}",
                kind=OFFICE,
                floor=floor,
                merged=[f"{floor}06", f"{floor}07"] if joined else [],
                floor_area=38000 if joined else OFFICE_SIZES[(floor + index) % len(OFFICE_SIZES)],
            )


def _stored(command: Command, units: list[Unit]) -> list[Unit]:
    command.session.add_all(units)
    command.session.flush()
    return units
