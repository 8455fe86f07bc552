"""The staff of the demo company: one set at each site, leaders and administrators at both."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from engine.engine import Command
from engine.models.identity import Site, User
from engine.staff import identity

PASSWORD = "guicheng-demo"  # noqa: S105 - the demo's public password
EVERYWHERE = frozenset({"company_leader", "process_owner", "admin"})
ONLY_ONCE = frozenset({"company_leader", "admin"})


@dataclass(frozen=True)
class Person:
    """An account of the demo: user name, Chinese and English name, role, district and position."""

    username: str
    name: str
    name_en: str
    role: str
    area: tuple[str, str] = ("", "")
    position_tag: str = ""


STAFF = (
    Person("liyutong", "李雨桐", "Li Yutong", "front_desk"),
    Person("huangsimin", "黄思敏", "Huang Simin", "service_assistant", ("东区", "A座")),
    Person("hejiaxin", "何嘉欣", "He Jiaxin", "service_assistant", ("西区", "B座")),
    Person("linxiaowen", "林晓雯", "Lin Xiaowen", "service_supervisor"),
    Person("guanwei", "关伟", "Guan Wei", "service_manager"),
    Person("chenliqun", "陈立群", "Chen Liqun", "site_director"),
    Person("luoyifan", "罗一帆", "Luo Yifan", "company_leader"),
    Person("zhouguodong", "周国栋", "Zhou Guodong", "engineering_supervisor"),
    Person("wangdayong", "王大勇", "Wang Dayong", "technician", position_tag="plumbing"),
    Person("liuzhiqiang", "刘志强", "Liu Zhiqiang", "technician", position_tag="electrical"),
    Person("sunhao", "孙浩", "Sun Hao", "security_guard"),
    Person(
        "zhaotiejun", "赵铁军", "Zhao Tiejun", "security_captain", position_tag="safety_officer"
    ),
    Person("machao", "马超", "Ma Chao", "fire_control_operator"),
    Person("fangmei", "方梅", "Fang Mei", "environment_supervisor"),
    Person("zhenghui", "郑慧", "Zheng Hui", "finance_clerk"),
    Person("wujing", "吴静", "Wu Jing", "quality_inspector"),
    Person("xuyan", "徐妍", "Xu Yan", "archivist"),
    Person("dinghong", "丁宏", "Ding Hong", "training_officer"),
    Person("liumin", "刘敏", "Liu Min", "process_owner"),
    Person("admin", "系统管理员", "Administrator", "admin"),
)


def hire(command: Command, home: Site, office: Site) -> None:
    """Create all accounts with their roles; those of the second site carry the suffix 2."""
    # One hash serves all: the password is public, and hashing it 38 times takes longer than all the rest.
    password_hash = PasswordHasher().hash(PASSWORD)
    for person in STAFF:
        _account(command, person, home, password_hash, suffix="")
        if person.role not in ONLY_ONCE:
            _account(command, person, office, password_hash, suffix="2")


def _account(
    command: Command, person: Person, site: Site, password_hash: str, *, suffix: str
) -> None:
    at_office = bool(suffix)
    user = User(
        username=person.username + suffix,
        name=f"{person.name}(联合)" if at_office else person.name,
        name_en=f"{person.name_en} (Lianhe)" if at_office else person.name_en,
        password_hash=password_hash,
        created_at=command.now,
    )
    command.session.add(user)
    command.session.flush()
    identity.grant(
        command,
        user,
        None if person.role in EVERYWHERE else site,
        person.role,
        area=person.area[at_office],
        position_tag=person.position_tag,
    )
