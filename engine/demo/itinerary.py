"""What is under way at the demo company: which scenario has come how far, and when it began."""

from __future__ import annotations

from dataclasses import dataclass

OWNER, INVITATION = "move_in_owner", "move_in_invitation"
INSPECTION = "unit_handover_inspection"
RENOVATION, COMPLAINT, GOODS = "renovation_application", "complaint_handling", "goods_release"
MISCONDUCT, CLOSING = "complaint_staff_misconduct", "emergency_closing"
ONE_GO, COMPANY_AGENT = "个人业主一次办完", "公司业主委托代办"
DEPOSITED = "押金在入伙时已收"
CONFLICT, MISSING, REFUSED, UNPAID = "资料不一致", "缺件超过", "拒签", "未交清"
IN_TIME, CHASED = "按期到场", "电话催请后到场"
MOVING_IN = frozenset({OWNER, INVITATION})


@dataclass(frozen=True)
class Journey:
    """A scenario, the site it plays at, the step it has reached (none: its end), and when it began.

    A step of a called process is written `process.step`. A journey began `days` ago (working days unless `by_calendar`) in
    the morning, or `minutes` ago. `claimed` says that the person whose turn it is has taken the task.
    """

    case: str
    stop: str | None
    days: int = 0
    minutes: int = 0
    site: str = "liyuan"
    process_id: str = OWNER
    by_calendar: bool = False
    claimed: bool = False


# Units are given in this order: one that is put before others moves all of them to other homes.
JOURNEYS = (
    Journey(ONE_GO, "t_verify", minutes=20),
    Journey(ONE_GO, "t_issue", minutes=50, claimed=True),
    Journey(ONE_GO, "t_pay", minutes=85),
    Journey(ONE_GO, "t_sign", days=1),
    Journey(ONE_GO, "t_calc", days=2),
    Journey(ONE_GO, "t_pay", days=1, claimed=True),
    Journey(ONE_GO, f"{INSPECTION}.t_appoint", days=1),
    Journey(ONE_GO, f"{INSPECTION}.t_walk_engineering", days=1),
    Journey(ONE_GO, "t_key_all", days=1, claimed=True),
    Journey(ONE_GO, "t_archive", days=2),
    Journey(ONE_GO, "t_archive", days=6),
    Journey(ONE_GO, None, days=8),
    Journey(ONE_GO, None, days=13),
    Journey(CONFLICT, "t_conflict", days=2),
    Journey(MISSING, "w_supplement", days=4),
    Journey(REFUSED, "t_refuse", days=1),
    Journey(UNPAID, "w_pay", days=3),
    Journey(COMPANY_AGENT, "w_supplement", days=2, site="lianhe"),
    Journey(COMPANY_AGENT, "t_profile", minutes=100, site="lianhe"),
    Journey(COMPANY_AGENT, None, days=7, site="lianhe"),
    Journey(IN_TIME, "n_notice", minutes=30, process_id=INVITATION),
    Journey(IN_TIME, "w_arrive", days=9, process_id=INVITATION, by_calendar=True),
    Journey(CHASED, "t_remind", days=39, process_id=INVITATION, by_calendar=True),
    Journey(CHASED, "t_report", days=44, process_id=INVITATION, by_calendar=True),
    Journey(ONE_GO, "t_verify", minutes=65, claimed=True),
    Journey(DEPOSITED, "t_precheck", minutes=55, process_id=RENOVATION, claimed=True),
    Journey(DEPOSITED, "a_site", days=2, process_id=RENOVATION),
    Journey(DEPOSITED, "a_engineering", days=1, process_id=RENOVATION, claimed=True),
    Journey(DEPOSITED, "t_pass", days=3, process_id=RENOVATION, claimed=True),
    Journey("每日巡查", "t_patrol", days=1, process_id="renovation_patrol"),
    Journey("危险违章", "a_notice", minutes=45, process_id="renovation_violation"),
    Journey("一般投诉", "t_grade", minutes=50, process_id=COMPLAINT),
    Journey("一般投诉", "t_handle", days=1, process_id=COMPLAINT),
    Journey("匿名投诉当场解决", "t_grade", minutes=25, process_id=COMPLAINT, claimed=True),
    Journey("上级转来", "t_handle", days=1, process_id=COMPLAINT, claimed=True),
    Journey("室内有偿维修", "t_handle", days=2, process_id=COMPLAINT, claimed=True),
    Journey("匿名投诉当场解决", None, days=5, process_id=COMPLAINT),
    Journey("匿名投诉当场解决", None, days=11, process_id=COMPLAINT),
    Journey("投诉员工违纪", f"{MISCONDUCT}.t_investigate", days=1, process_id=COMPLAINT),
    Journey("醉酒", f"{CLOSING}.t_close", days=1, process_id="emergency_drunk_mental"),
    Journey("未广播的误报", "t_log", minutes=40, process_id="emergency_fire_false", claimed=True),
    Journey("爆管停水", "t_confirm", minutes=15, process_id="emergency_water_outage"),
    Journey("当场改正", None, days=4, process_id="security_noncompliance"),
    Journey("公司产品", "t_gate", minutes=30, process_id=GOODS),
    Journey("办公用品", "a_supervisor", minutes=70, process_id=GOODS, claimed=True),
    Journey("危险品主任不批", "a_danger", minutes=35, process_id=GOODS, claimed=True),
    Journey("业户撤单", "w_pay", minutes=90, process_id=GOODS, claimed=True),
    Journey("公司产品", None, days=6, process_id=GOODS),
)
