"""A form as the browser sees it, and what comes back."""

import io
from typing import ClassVar

import pytest

from engine.forms.errors import Malformed
from tests.pages.forms.conftest import Page

NAME = {"type": "textfield", "key": "name", "label": "姓名", "validate": {"required": True}}
AGENT = {"type": "group", "id": "agent", "label": "被委托人", "components": [NAME]}


def post(client, **data):
    return client.post("/", data=data, content_type="multipart/form-data")


def test_groups_are_numbered_sections(shown):
    page = shown(AGENT, {**AGENT, "id": "b", "label": "证件", "components": [{**NAME, "key": "b"}]})
    assert [heading.text for heading in page.all("h2")] == ["一被委托人", "二证件"]
    assert page.one("section", aria_labelledby="h-f-agent")


def test_an_empty_section_is_not_numbered(shown):
    hidden = {
        **AGENT,
        "id": "x",
        "conditional": {"hide": "=true"},
        "components": [{**NAME, "key": "x"}],
    }
    hollow = {
        **AGENT,
        "id": "y",
        "components": [{**NAME, "key": "y", "conditional": {"hide": "=true"}}],
    }
    assert [heading.text for heading in shown(hidden, hollow, AGENT).all("h2")] == ["一被委托人"]


def test_says_in_words_what_is_required(shown):
    page = shown(NAME)
    assert page.one("label", for_="f-name").text == "姓名必填"
    assert page.one("input", name="name")["aria-required"] == "true"


def test_help_stands_under_the_field_and_is_announced(shown):
    page = shown({**NAME, "description": "与证件一致"})
    assert page.one("p", id="h-f-name").text == "与证件一致"
    assert page.one("input", name="name")["aria-describedby"] == "h-f-name"


@pytest.mark.parametrize(
    ("component", "attributes"),
    [
        (
            {"type": "textfield", "validate": {"validationType": "phone"}},
            {"type": "tel", "inputmode": "tel", "autocomplete": "off"},
        ),
        ({"type": "textfield", "validate": {"validationType": "email"}}, {"type": "email"}),
        ({"type": "textfield", "validate": {"maxLength": 20}}, {"maxlength": "20"}),
        (
            {"type": "number", "decimalDigits": 0},
            {"inputmode": "numeric", "class": "form-control text-end"},
        ),
        ({"type": "money"}, {"inputmode": "decimal", "data-money": None}),
        ({"type": "datetime"}, {"type": "date"}),
        ({"type": "datetime", "subtype": "time"}, {"type": "time"}),
        (
            {"type": "datetime", "subtype": "datetime", "disallowPassedDates": True},
            {"type": "datetime-local", "min": "2026-11-20T00:00"},
        ),
        (
            {"type": "datetime", "properties": {"moment": "past"}},
            {"type": "date", "max": "2026-11-20"},
        ),
    ],
)
def test_inputs_bring_up_the_right_keyboard(shown, component, attributes):
    field = shown({**component, "key": "a", "label": "甲"}).one("input", name="a")
    assert {name: field[name] for name in attributes} == attributes
    assert all(name in field.attributes for name in attributes)


@pytest.mark.parametrize(
    ("component", "value", "text"),
    [
        ({"type": "money"}, 123450, "1,234.50"),
        ({"type": "money"}, "12x", "12x"),
        ({"type": "number", "decimalDigits": 2}, 102, "102.00"),
        ({"type": "datetime", "subtype": "datetime"}, "2026-11-20T02:42:00Z", "2026-11-20T10:42"),
        ({"type": "datetime", "subtype": "datetime"}, "2026-11-20T10:4", "2026-11-20T10:4"),
        ({"type": "textfield"}, '"><script>', '"><script>'),
    ],
)
def test_shows_values_as_people_write_them(shown, component, value, text):
    assert (
        shown({**component, "key": "a"}, values={"a": value}).one("input", name="a")["value"]
        == text
    )


def test_a_read_only_field_says_where_its_value_comes_from_and_is_not_sent(shown):
    area = {
        "type": "number", "key": "area", "label": "建筑面积", "readonly": True, "decimalDigits": 2,
        "appearance": {"suffixAdorner": "㎡"}, "properties": {"source": "房号登记簿"},
    }  # fmt: skip
    page = shown(area, context={"area": 102})
    field = page.one("input", id="f-area")
    assert field["value"] == "102.00"
    assert "readonly" in field.attributes
    assert field["name"] is None
    assert page.says("来自房号登记簿，不能在此修改")
    assert page.says("㎡")


def test_a_read_only_choice_shows_its_label(shown):
    same = {
        "type": "radio",
        "key": "same",
        "readonly": True,
        "values": [{"label": "一致", "value": "yes"}],
    }
    assert shown(same, context={"same": "yes"}).one("input", id="f-same")["value"] == "一致"


def test_writes_amounts_in_capitals_beneath(shown):
    fee = {"type": "money", "key": "fee", "properties": {"capitals": True}}
    assert shown(fee, context={"fee": 97920}).one("p", id="h-f-fee").text == "玖佰柒拾玖元贰角整"


def test_the_first_submit_button_is_no_row_button(shown):
    page = shown({"type": "dynamiclist", "path": "keys", "components": [NAME]})
    assert page.all("button")[0]["name"] is None
    assert page.all("button")[0]["type"] == "submit"


def test_translates_labels_and_choices(shown):
    same = {
        "type": "radio",
        "key": "same",
        "label": "三者",
        "values": [{"label": "一致", "value": "yes"}],
    }
    table = {"type": "dynamiclist", "path": "keys", "label": "钥匙", "components": [NAME]}
    table["validate"] = {"required": True}
    texts = {
        "f.same.label": "All three",
        "f.same.option.yes": "agree",
        "f.keys.name.label": "Key",
        "f.agent.label": "Agent",
    }
    page = shown(
        same, table, {**AGENT, "components": [{**NAME, "key": "b"}]}, texts=texts, locale="en"
    )
    assert page.says("All three")
    assert page.says("agree")
    assert page.one("label", for_="f-keys-0-name").text == "Key必填"
    assert page.one("h2", id="h-f-agent").text == "1Agent"


def test_words_may_be_computed_but_never_markup(shown):
    note = {"type": "text", "text": "# 应收\n- {{fee}} 元\n{{who}}"}
    page = shown(
        note, {**NAME, "label": '="姓名(" + who + ")"'}, context={"fee": 12.0, "who": "<b>曾</b>"}
    )
    assert page.one("h3").text == "应收"
    assert page.says("12 元")
    assert not page.all("b")
    assert page.one("label", for_="f-name").text == "姓名(<b>曾</b>)必填"


def test_only_the_rows_a_list_wants_say_that_they_are_required(shown):
    table = {"type": "dynamiclist", "path": "keys", "label": "钥匙", "components": [NAME]}
    wanted = {**table, "defaultRepetitions": 3, "validate": {"required": True, "minLength": 2}}
    page = shown(wanted)
    asked = [page.one("input", name=f"keys.{n}.name")["aria-required"] for n in range(3)]
    assert asked == ["true", "true", None]
    begun = shown(wanted, values={"keys": [{}, {}, {"name": "甲"}]})
    assert begun.one("input", name="keys.2.name")["aria-required"] == "true"


def test_a_table_shows_rows_of_a_variable(shown):
    table = {
        "type": "table",
        "label": "费用",
        "dataSource": "=fees",
        "columns": [{"key": "name", "label": "费项"}, {"key": "n"}],
    }
    page = shown(table, context={"fees": [{"name": "管理费", "n": 2}, 5]})
    assert [cell.text for cell in page.all("td")] == ["管理费", "2"]
    assert [head.text for head in page.all("th")] == ["费项", "n"]


def test_amounts_have_two_decimals_and_stand_at_the_right(shown):
    table = {
        "type": "table",
        "dataSource": "=fees",
        "columns": [{"key": "name"}, {"key": "sum", "format": "money"}],
    }
    page = shown(table, context={"fees": [{"name": "管理费", "sum": 97920}]})
    assert [cell.text for cell in page.all("td")] == ["管理费", "979.20"]
    assert "text-end" in (page.all("td")[1]["class"] or "")
    nothing = {"type": "money", "key": "paid", "label": "已收", "readonly": True, "defaultValue": 0}
    assert shown(nothing).one("input")["value"] == "0.00"


def test_a_refused_form_keeps_what_was_typed_and_leads_to_each_field(page):
    client = page(
        AGENT,
        {
            "type": "textfield",
            "key": "id_no",
            "label": "身份证号码",
            "properties": {"personal": "id_number"},
        },
    )
    answer = post(client, name="", id_no="44000019900000000")
    assert answer.status_code == 422
    seen = Page(answer.text)
    assert seen.one("div", role="alert").text.strip().startswith("还有 2 处要改，已填内容都保留着")
    links = {link["href"]: link.text for link in seen.all("a")}
    assert links == {
        "#f-name": "姓名：请填写",
        "#f-id_no": "身份证号码：应为 18 位，现在 17 位。请对照证件补全。",
    }
    field = seen.one("input", name="id_no")
    assert (field["value"], field["aria-invalid"], field["aria-describedby"]) == (
        "44000019900000000",
        "true",
        "e-f-id_no",
    )
    assert "is-invalid" in field["class"]
    assert seen.one("p", id="e-f-id_no").text.startswith("应为 18 位")


def test_what_the_page_sends_is_what_the_form_takes(page):
    client = page(
        NAME,
        {"type": "checkbox", "key": "ok", "label": "完整"},
        {"type": "radio", "key": "same", "values": [{"value": "yes"}, {"value": "no"}]},
        {"type": "checklist", "key": "some", "values": [{"value": "a"}, {"value": "b"}]},
        {"type": "money", "key": "fee"},
        {"type": "unit", "key": "unit"},
        {
            "type": "dynamiclist",
            "path": "keys",
            "components": [{**NAME, "key": "k"}, {"type": "number", "key": "n"}],
        },
        {"type": "group", "path": "meter", "components": [{"type": "number", "key": "water"}]},
    )
    data = {
        "name": "曾某某", "ok": "true", "same": "no", "some": ["a", "b"], "fee": "1,234.50", "unit": "3栋2单元1201",
        "keys.0.k": "入户门", "keys.0.n": "6", "keys.7.k": "信箱", "keys.7.n": "", "keys.3.k": " ", "meter.water": "12.5",
        "csrf_token": "x", "fees_paid": "true",
    }  # fmt: skip
    assert post(client, **data).json == {
        "name": "曾某某", "ok": True, "same": "no", "some": ["a", "b"], "fee": 123450, "unit": "3-2-1201",
        "keys": [{"k": "入户门", "n": 6}, {"k": "信箱", "n": None}], "meter": {"water": 12.5},
    }  # fmt: skip
    assert post(client, name="x").json == {"name": "x", "ok": False, "some": [], "keys": []}


def test_every_field_drawn_is_read_back(page):
    rows = {
        "keys": [{"k": "入户门", "n": 6, "id": 7}],
        "name": "曾",
        "day": "2026-11-20T02:42:00Z",
        "fee": 123450,
    }
    client = page(
        NAME,
        {"type": "datetime", "key": "day", "subtype": "datetime"},
        {"type": "money", "key": "fee"},
        {
            "type": "dynamiclist",
            "path": "keys",
            "components": [{**NAME, "key": "k"}, {"type": "number", "key": "n"}],
        },
        context=rows,
    )
    drawn = Page(client.get("/").text)
    inputs = [each for each in drawn.all("input") if each["name"] and "__n__" not in each["name"]]
    assert post(client, **{each["name"]: each["value"] for each in inputs}).json == rows


class TestRows:
    table: ClassVar = {
        "type": "dynamiclist",
        "path": "keys",
        "label": "钥匙",
        "components": [NAME, {"type": "number", "key": "n"}],
    }

    def test_are_added_and_removed_without_script(self, page):
        client = page(self.table)
        assert Page(client.get("/").text).one("input", name="keys.0.name")
        added = post(client, **{"keys.0.name": "a", "_add": "keys"})
        assert added.status_code == 200
        assert [
            each["value"]
            for each in Page(added.text).all("input", type="text")
            if "__n__" not in each["name"]
        ] == ["a", "", "", ""]
        removed = Page(
            post(client, **{"keys.0.name": "a", "keys.1.name": "b", "_remove": "keys.0"}).text
        )
        assert removed.one("input", name="keys.0.name")["value"] == "b"
        assert not removed.all("input", name="keys.1.name")

    def test_name_the_row_in_the_summary(self, page):
        seen = Page(post(page(self.table), **{"keys.0.name": "a", "keys.1.n": "x"}).text)
        assert {link["href"]: link.text for link in seen.all("a")} == {
            "#f-keys-1-name": "钥匙 第 2 行 姓名：请填写",
            "#f-keys-1-n": "钥匙 第 2 行 n：应为数字",
        }

    def test_of_a_given_list_have_no_buttons(self, shown):
        page = shown(
            {**self.table, "allowAddRemove": False},
            context={"keys": [{"name": "a"}, {"name": "b"}]},
        )
        assert len(page.all("li", class_="gc-item")) == 2
        assert not page.all("template")
        assert not [button for button in page.all("button") if button["name"]]

    def test_have_a_template_only_where_nothing_depends_on_the_row(self, shown):
        assert "keys.__n__.name" in shown(self.table).html
        changing = {**NAME, "key": "x", "conditional": {"hide": "=name = null"}}
        assert not shown({**self.table, "components": [NAME, changing]}).all("template")

    def test_carry_the_number_of_the_row_they_stand_for(self, page):
        locked = {"type": "textfield", "key": "name", "readonly": True}
        client = page(
            {**self.table, "components": [locked, {"type": "number", "key": "n"}]},
            context={"keys": [{"name": "a"}, {"name": "b"}]},
        )
        assert Page(client.get("/").text).one("input", name="keys.1._row")["value"] == "1"
        assert post(client, **{"keys.1._row": "1", "keys.1.n": "3"}).json == {
            "keys": [{"name": "b", "n": 3}]
        }


class TestDocuments:
    form: ClassVar = (
        {"type": "documents", "key": "docs", "label": "资料", "valuesExpression": "=listed"},
    )
    context: ClassVar = {
        "listed": [
            {"id": "notice", "name": "入伙通知书", "clause": "001 入伙 8.2(1)", "original": True},
            {"id": "contract", "name": "购房合同", "original": True, "copy": True},
        ]
    }

    def test_ask_only_for_what_is_to_be_seen(self, shown):
        page = shown(*self.form, context=self.context)
        assert page.one("ul", class_="gc-docs")
        assert page.says("不收复印件")
        assert len(page.all("input", type="checkbox")) == 3
        assert page.one("span", class_="gc-clause").text == "001 入伙 8.2(1)"

    def test_are_refused_at_their_row_and_taken_when_complete(self, page):
        client = page(*self.form, context=self.context)
        data = {"docs.0.id": "notice", "docs.1.id": "contract", "docs.1.original": "true"}
        seen = Page(post(client, **data, **{"docs.0.original": "true"}).text)
        assert [(link["href"], link.text) for link in seen.all("a")] == [
            ("#f-docs-1-copy", "购房合同：请收复印件，或拍照代替")
        ]
        assert "checked" in seen.one("input", id="f-docs-1-original").attributes
        assert seen.one("li", class_="bad")
        photo = (io.BytesIO(b"jpg"), "c.jpg")
        answer = post(client, **data, **{"docs.0.original": "true", "docs.1.photos__file": photo})
        assert answer.json["docs"][1] == {
            "id": "contract",
            "original": True,
            "copy": False,
            "photos": ["mine-c.jpg"],
        }


class TestFiles:
    form: ClassVar = (
        {"type": "photo", "key": "photos", "label": "照片"},
        {"type": "signature", "key": "sign", "label": "签名", "validate": {"required": True}},
        NAME,
    )

    def test_are_stored_without_script(self, page):
        client = page(*self.form)
        answer = post(
            client,
            photos="mine-1",
            photos__file=(io.BytesIO(b"x"), "2"),
            sign__file=(io.BytesIO(b"x"), "s"),
            name="a",
        )
        assert answer.json == {"photos": ["mine-1", "mine-2"], "sign": "mine-s", "name": "a"}

    def test_are_shown_again_after_a_refusal(self, page):
        answer = post(page(*self.form), photos="mine-1", sign="mine-2", name="")
        seen = Page(answer.text)
        assert {image["src"] for image in seen.all("img")} == {"/files/mine-1", "/files/mine-2"}
        assert seen.one("input", name="sign")["value"] == "mine-2"

    def test_that_cannot_be_stored_are_refused_at_their_field_and_nothing_else_is_lost(self, page):
        answer = post(page(*self.form), photos__file=(io.BytesIO(b"x"), "virus.exe"), name="曾某某")
        assert answer.status_code == 422
        seen = Page(answer.text)
        assert seen.one("a", href="#f-photos").text.startswith("照片：")
        assert seen.one("input", name="name")["value"] == "曾某某"

    def test_keys_cannot_lead_elsewhere(self, shown):
        page = shown(*self.form, values={"photos": ["../../logout?x"]})
        assert page.one("img")["src"] == "/files/..%2F..%2Flogout%3Fx"

    def test_name_the_hooks_of_the_script(self, shown):
        page = shown(*self.form)
        assert "data-signature" in page.html
        assert "data-photos" in page.html


def test_pickers_name_where_suggestions_come_from(shown):
    page = shown(
        {"type": "unit", "key": "u", "label": "房号"},
        {"type": "person", "key": "p", "label": "经办人"},
    )
    assert [each["data-source-url"] for each in page.all("div", class_="gc-picker")] == [
        "/units",
        "/people",
    ]
    assert page.one("label", for_="f-u").text == "房号"


def test_people_are_called_by_their_names(shown):
    person = {"type": "person", "key": "p", "label": "经办人"}
    field = shown(person, values={"p": "liyutong"}).one("input", id="f-p")
    assert (field["value"], field["data-text"]) == ("liyutong", "李雨桐")
    assert "data-text" not in shown(person, values={"p": "nobody"}).html
    read = {**person, "readonly": True}
    known = shown(read, values={"p": "liyutong"}, context={"p": "liyutong"})
    assert known.one("input", id="f-p")["value"] == "李雨桐"


def test_a_form_that_changes_says_where_to_ask_and_offers_a_button(page, shown):
    changing = {**NAME, "key": "reason", "conditional": {"hide": '=name != "x"'}}
    form = Page(page(NAME, changing).get("/").text).one("form")
    assert (form["data-refresh-url"], form["data-draft-url"], form["enctype"]) == (
        "/refresh",
        "/draft",
        "multipart/form-data",
    )
    drawn = shown(NAME, changing)
    assert drawn.one("button", name="_refresh")
    assert not shown(NAME).all("button", name="_refresh")
    assert "data-refresh" in drawn.html


def test_an_error_that_has_no_field_is_still_said(shown):
    assert shown(NAME, errors={"": [Malformed()]}).says("还有 1 处要改")


def test_two_groups_of_one_path_are_two_sections(page):
    first = {
        "type": "group",
        "id": "a",
        "path": "check",
        "label": "甲",
        "components": [{**NAME, "key": "x"}],
    }
    second = {
        "type": "group",
        "id": "b",
        "path": "check",
        "label": "乙",
        "components": [{**NAME, "key": "y"}],
    }
    client = page(first, second)
    drawn = Page(client.get("/").text)
    ids = [each["id"] for each in drawn.elements if each["id"]]
    assert len(ids) == len(set(ids))
    assert post(client, **{"check.x": "1", "check.y": "2"}).json == {"check": {"x": "1", "y": "2"}}
