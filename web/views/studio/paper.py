"""The whole of a procedure for auditors: picture, steps, roles, forms, limits, clauses, choices, what the law forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.deployment import definitions, library
from engine.deployment.definitions import Definition
from engine.errors import NotFound
from engine.forms import Form, every
from engine.models.definition import Deployment
from engine.policy import limits
from engine.runtime import Element
from engine.staff import people
from web import locales, shell, words
from web.extensions import engine, session
from web.views import drawings, names
from web.views.operations import steps
from web.views.studio import picture, shelf

SET = "【设】"
LAW = re.compile(r"依法|法律|法规|条例|民法典|law|statut|Civil Code", re.IGNORECASE)
SILENT = ("Gateway",)


def view(of: Definition) -> dict[str, Any]:
    """Give everything the page says of one version."""
    deployment = session.get_one(Deployment, of.deployment_key)
    who = people.by_id(session, [deployment.deployed_by])
    rows = [_step(of, one) for one in of.diagram.elements.values() if _told(of, one)]
    return {
        "name": names.procedure(of),
        "process_id": of.process_id,
        "version": of.version,
        "family": shelf.family_name(of.family),
        "back": url_for("studio.process", process_id=of.process_id, version=of.version),
        "deployed": {
            "at": words.dated(deployment.deployed_at),
            "by": names.user(who.get(deployment.deployed_by or 0)) or str(_("系统")),
            "note": "" if deployment.shipped else deployment.note,
            "override": deployment.override_reason or "",
        },
        "printed": words.dated(engine.clock()),
        "svg": picture.svg(drawings.xml(of), str(_("%(name)s流程图", name=names.procedure(of)))),
        "steps": rows,
        "roles": _roles(of),
        "forms": list(_forms(of)),
        "limits": _limits(of),
        "clauses": _clauses(of),
        "choices": [row for row in rows if SET in row["clause"]],
        "law": [row for row in rows if LAW.search(f"{row['about']} {row['quote']} {row['name']}")],
        "sections": _sections(of),
    }


def _told(of: Definition, one: Element) -> bool:
    return one.process_id == of.process_id and bool(one.name) and not one.type.endswith(SILENT)


def _step(of: Definition, one: Element) -> dict[str, Any]:
    key = f"{one.process_id}.{one.id}"
    return {
        "id": one.id,
        "name": names.element(of, one),
        "kind": steps.kind(one.type),
        "roles": [shell.role_name(role) for role in _groups(one)],
        "limit": _limit(one.properties.get("limit", "")),
        "clause": one.properties.get("clause", ""),
        "quote": names.text(of, f"{key}.quote"),
        "about": names.about(of, one),
        "form": one.form_id or "",
        "distinct": [names.element(of, of.diagram.elements.get(each.strip()), each.strip()) for each in one.properties.get("distinctFrom", "").split(",") if each.strip()],
    }  # fmt: skip


def _groups(one: Element) -> list[str]:
    text = one.extension("assignmentDefinition").get("candidateGroups", "")
    return [] if text.startswith("=") else [each.strip() for each in text.split(",") if each.strip()]  # fmt: skip


def _limit(key: str) -> str:
    row = limits.catalogue().get(key)
    return words.limit(row) or str(row["value"]) if row else key


def _roles(of: Definition) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for one in of.diagram.elements.values():
        if one.process_id == of.process_id:
            for role in _groups(one):
                found.setdefault(shell.role_name(role), []).append(names.element(of, one))
    return sorted(found.items())


def _forms(of: Definition) -> Iterator[dict[str, Any]]:
    for one in of.diagram.elements.values():
        if one.process_id == of.process_id and one.form_id and not one.form_id.startswith("="):
            try:
                form = definitions.form(engine, session, of, one.form_id)
            except NotFound:
                continue
            yield {"step": names.element(of, one), "id": form.id, "fields": list(_fields(of, form))}


def _fields(of: Definition, form: Form) -> Iterator[dict[str, str]]:
    for field in every(form.components):
        if not field.key or (field.type == "expression" and not field.label):
            continue
        path = field.path.replace(".*", "")
        label = names.text(of, f"{form.id}.{path}.label") or names.text(of, f"{form.id}.{field.key}.label")  # fmt: skip
        required = bool((field.data.get("validate") or {}).get("required"))
        yield {
            "label": label or field.label or field.key,
            "type": _kind(field.type),
            "required": str(_("必填")) if required else "",
            "personal": str(_("个人信息")) if field.personal else "",
            "clause": str(field.properties.get("clause") or ""),
        }


def _kind(of: str) -> str:
    """Name a sort of field."""
    return {
        "textfield": str(_("一行字")), "textarea": str(_("一段字")), "number": str(_("数字")),
        "datetime": str(_("日期、时间")), "radio": str(_("单选")), "select": str(_("单选")),
        "checklist": str(_("多选")), "taglist": str(_("多选")), "checkbox": str(_("勾选")),
        "photo": str(_("照片")), "signature": str(_("签名")), "unit": str(_("房号")),
        "person": str(_("员工")), "money": str(_("金额")), "documents": str(_("证件清单")),
        "dynamiclist": str(_("表格，可加行")), "table": str(_("表格，只读")), "expression": str(_("自动算出")),
    }.get(of, of)  # fmt: skip


def _limits(of: Definition) -> list[dict[str, str]]:
    keys = sorted(of.diagram.limit_keys | {key for key in of.diagram.setting_keys if key in limits.catalogue()})  # fmt: skip
    current = limits.values(session, None, [key for key in keys if key in limits.catalogue()])
    english = locales.select() == "en"
    found = []
    for key in keys:
        row = limits.catalogue().get(key)
        if row is None:
            continue
        changed = current[key] != row["value"]
        found.append(
            {
                "key": key,
                "name": row.get("en" if english else "zh") or key,
                "text": words.limit(row | {"value": current[key]}) or str(current[key]),
                "shipped": (words.limit(row) or str(row["value"])) if changed else "",
                "source": row.get("source") or "",
                "number": row.get("number") or "",
            }
        )
    return found


def _clauses(of: Definition) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in of.diagram.elements.values():
        clause = one.properties.get("clause", "")
        if clause and one.process_id == of.process_id:
            entry = found.setdefault(clause, {"clause": clause, "steps": [], "quotes": []})
            entry["steps"].append(names.element(of, one) or one.id)
            quote = names.text(of, f"{one.process_id}.{one.id}.quote")
            if quote and quote not in entry["quotes"]:
                entry["quotes"].append(quote)
    return [found[clause] for clause in sorted(found)]


def _sections(of: Definition) -> list[dict[str, Any]]:
    """Give what the bundle's README says: rules, conflicts, choices, each as paragraphs, items and rows of tables."""
    content = definitions.resource(session, of.deployment_key, "README.md")
    shipped = library.FOLDER / of.family / "README.md"
    if content is None and shipped.is_file():
        content = shipped.read_bytes()
    found: list[dict[str, Any]] = []
    for line in (content or b"").decode("utf-8", "replace").splitlines():
        if line.startswith("#"):
            found.append({"title": line.lstrip("# ").strip(), "blocks": []})
        elif line.strip() and found:
            found[-1]["blocks"].append(_block(line.strip()))
    return [one for one in found if one["blocks"]]


def _block(line: str) -> dict[str, Any]:
    plain = line.replace("`", "").replace("**", "")
    if line.startswith("|"):
        cells = [cell.strip() for cell in plain.strip("|").split("|")]
        return {"kind": "rule" if set(line) <= set("|-: ") else "row", "cells": cells}
    return {"kind": "li" if line.startswith(("- ", "* ")) else "p", "text": plain.lstrip("-* ")}
