"""Owners, tenants and what they owe: invented people with numbers nobody has."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from engine.engine import Command
from engine.models.identity import Site
from engine.models.registry import (
    COMPANY,
    OCCUPIED,
    PARKING,
    PENDING_MOVE_IN,
    SHOP,
    SOLD,
    UNSOLD,
    VACANT,
    Arrears,
    Customer,
    CustomerContact,
    Occupancy,
    Unit,
)
from engine.registry.customers import new_customer

SURNAMES = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭郎鲁韦马方"
GIVEN = "子涵 雨萱 浩宇 思远 梓轩 若溪 建国 秀英 志明 丽华 国强 美玲 俊杰 晓彤 文博 佳怡 海燕 立新 春梅 永康 静怡 嘉豪 慧敏 振华 小山 大伟 欣然 晨曦 玉兰 德胜"
FIRMS = "云舟 启明 恒瑞 绿野 青禾 远航 星河 博雅 瑞丰 天合 众诚 汇通 南粤 鼎新 佳禾 锦程 卓越 海纳 维信 中科 百川 凯旋 弘毅 正元"
TRADES = "科技 贸易 设计 咨询 文化传播 餐饮管理 物流 教育 建筑工程 软件"
HOME_RATE, OFFICE_RATE = 320, 1800  # fen per square metre and month
FIXED_STATUS = {
    "3-2-1201": PENDING_MOVE_IN,
    "3-2-1801": OCCUPIED,
    "S1-08": OCCUPIED,
    "B1-217": SOLD,
}
BIG_SHOP = 5000  # hundredths of a square metre
NEW_BUILDING = "6"  # handed over now: most of its units wait for their owners


class Invention:
    """Invents customers of a site, the same ones every time."""

    def __init__(self, command: Command, site: Site, first: int) -> None:
        self.command = command
        self.site = site
        self.dice = random.Random(site.key)  # noqa: S311 - a demo, not a secret
        self._number = first
        self._firms = [f"{a}{b}" for a in FIRMS.split() for b in TRADES.split()]
        self.dice.shuffle(self._firms)

    def person(self) -> Customer:
        """Invent a person with two emergency contacts."""
        name = self.dice.choice(SURNAMES) + self.dice.choice(GIVEN.split())
        number = self._next()
        born = dt.date(1955, 1, 1) + dt.timedelta(days=self.dice.randrange(16_000))
        customer = new_customer(
            self.command,
            self.site,
            name=name,
            phone=f"1380000{number:04}",
            id_no=f"000000{born:%Y%m%d}{number:04}",
        )
        return self._with_contacts(customer, name[0])

    def company(self) -> Customer:
        """Invent a company with two emergency contacts."""
        number = self._next()
        customer = new_customer(
            self.command,
            self.site,
            name=f"深圳市{self._firms.pop()}有限公司",
            kind=COMPANY,
            phone=f"0755-0000{number:04}",
            id_no=f"91000000MA0000{number:04}",
            legal_representative=self.dice.choice(SURNAMES) + self.dice.choice(GIVEN.split()),
        )
        return self._with_contacts(customer, self.dice.choice(SURNAMES))

    def _with_contacts(self, customer: Customer, surname: str) -> Customer:
        customer.contacts = [
            CustomerContact(
                period=period,
                name=surname + self.dice.choice(GIVEN.split()),
                phone=f"1390000{self._number:04}",
                relation=relation,
            )
            for period, relation in (("office_hours", "同事"), ("off_hours", "家属"))
        ]
        self.command.session.add(customer)
        return customer

    def _next(self) -> int:
        self._number += 1
        return self._number


def settle_home(command: Command, site: Site, units: Sequence[Unit]) -> None:
    """Give the flats, shops and parking spaces of 荔园·云庭 owners, co-owners, tenants, states and arrears."""
    invention = Invention(command, site, 1000)
    parkers: list[Customer] = []
    for unit in units:
        unit.status = FIXED_STATUS.get(unit.label) or _home_status(invention.dice, unit)
        if unit.status == UNSOLD:
            continue
        since = dt.date(2019, 1, 1) + dt.timedelta(days=invention.dice.randrange(2400))
        if unit.kind == PARKING:
            owner = invention.dice.choice(parkers)
        else:
            owner = (
                invention.company()
                if unit.kind == SHOP and unit.floor_area > BIG_SHOP
                else invention.person()
            )
            parkers.append(owner)
        _settle(invention, unit, owner, since)
    _owe(command, invention.dice, units, HOME_RATE)


def settle_office(command: Command, site: Site, units: Sequence[Unit]) -> None:
    """Give the offices of 联合中心 a few owners with many units each and many tenants."""
    invention = Invention(command, site, 6000)
    owners = [invention.company() for _ in range(8)] + [invention.person() for _ in range(4)]
    for index, unit in enumerate(units):
        unit.status = _office_status(index, unit)
        since = dt.date(2018, 3, 1) + dt.timedelta(days=invention.dice.randrange(2000))
        owner = owners[index % len(owners)]
        _occupy(unit, owner, "owner", since)
        if unit.status == OCCUPIED:
            unit.occupied_since = since + dt.timedelta(days=120)
            if index % 6:
                tenant = invention.company()
                _occupy(unit, tenant, "tenant", unit.occupied_since)
                _occupy(unit, tenant, "payer", unit.occupied_since)
    _owe(command, invention.dice, units, OFFICE_RATE)


def _office_status(index: int, unit: Unit) -> str:
    if unit.label == "A1205" or index % 16 == 4:  # noqa: PLR2004
        return PENDING_MOVE_IN
    return VACANT if index % 17 == 9 else OCCUPIED  # noqa: PLR2004 - about 6 %


def _home_status(dice: random.Random, unit: Unit) -> str:
    if unit.kind == PARKING:
        return SOLD if dice.random() < 0.8 else UNSOLD  # noqa: PLR2004
    weights = (2, 5, 55, 10, 28) if unit.building_code == NEW_BUILDING else (3, 3, 4, 8, 82)
    return dice.choices((UNSOLD, SOLD, PENDING_MOVE_IN, VACANT, OCCUPIED), weights)[0]


def _settle(invention: Invention, unit: Unit, owner: Customer, since: dt.date) -> None:
    dice = invention.dice
    _occupy(unit, owner, "owner", since)
    if owner.kind != COMPANY and unit.kind not in (PARKING, SHOP) and dice.random() < 0.12:  # noqa: PLR2004
        _occupy(unit, invention.person(), "co_owner", since)
    if unit.status in (OCCUPIED, VACANT):
        unit.occupied_since = since + dt.timedelta(days=90)
    if unit.status == OCCUPIED and unit.kind != PARKING and dice.random() < 0.15:  # noqa: PLR2004
        tenant = invention.company() if unit.kind == SHOP else invention.person()
        moved_in = since + dt.timedelta(days=400)
        _occupy(unit, tenant, "tenant", moved_in)
        if dice.random() < 0.5:  # noqa: PLR2004
            _occupy(unit, tenant, "payer", moved_in)


def _occupy(unit: Unit, customer: Customer, relation: str, since: dt.date) -> None:
    unit.occupancies.append(Occupancy(customer=customer, relation=relation, since=since))


def _owe(command: Command, dice: random.Random, units: Sequence[Unit], rate: int) -> None:
    today = command.now.date()
    for unit in units:
        if unit.status == OCCUPIED and unit.kind != PARKING and dice.random() < 0.08:  # noqa: PLR2004
            months = dice.randint(1, 4)
            command.session.add(
                Arrears(
                    unit_id=unit.id,
                    amount=unit.floor_area * rate // 100 * months,
                    since=(today.replace(day=1) - dt.timedelta(days=30 * (months - 1))).replace(
                        day=5
                    ),
                    recorded_at=command.now,
                )
            )
