from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import money


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (123450, "壹仟贰佰叁拾肆元伍角整"),
        (97920, "玖佰柒拾玖元贰角整"),
        (100050, "壹仟元零伍角整"),
        (10000000, "壹拾万元整"),
        # The examples of the 支付结算办法.
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "壹拾万柒仟元零伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        (10000000100, "壹亿零壹元整"),
        (10000500000, "壹亿零伍仟元整"),
        (99999999999999, "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_writes_amounts_in_capitals(fen, text):
    assert money.capitals(fen) == text


@pytest.mark.parametrize("fen", [-1, money.LIMIT])
def test_refuses_capitals_of_amounts_no_receipt_has(fen):
    with pytest.raises(ValueError):
        money.capitals(fen)


def value_of(text):
    """Read capitals back, by another way than they were written."""
    digits = {digit: n for n, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
    whole, _, rest = text.rpartition("元")
    total = 0
    for name, scale in (("亿", 10**8), ("万", 10**4), ("", 1)):
        group, _, tail = (
            whole.partition(name)
            if name and name in whole
            else ("", "", whole)
            if name
            else (whole, "", "")
        )
        whole, value, digit = tail, 0, 0
        for sign in group:
            if sign in digits:
                digit = digits[sign]
            else:
                value, digit = value + digit * {"仟": 1000, "佰": 100, "拾": 10}[sign], 0
        total += (value + digit) * scale
    cents = 0
    for before, sign in pairwise(rest):
        cents += digits.get(before, 0) * {"角": 10, "分": 1}.get(sign, 0)
    return total * 100 + cents


@given(st.integers(0, money.LIMIT - 1))
def test_capitals_mean_the_amount(fen):
    assert value_of(money.capitals(fen)) == fen


@given(st.integers(1 - money.LIMIT, money.LIMIT - 1))
def test_reads_what_it_writes(fen):
    assert money.parse(money.yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "1.234", "1,2", ",1", "1e3", "٣", "1" * 40, "0x1", "1 元 2"])
def test_refuses_text_that_is_no_amount(text):
    with pytest.raises(ValueError):
        money.parse(text)
