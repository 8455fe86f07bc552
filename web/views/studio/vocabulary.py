"""What the editor's pickers offer, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from engine.demo.people import STAFF
from engine.models.studio import BundleDraft
from engine.studio import vocabulary
from web import locales, shell, words
from web.extensions import session
from web.views.operations import versions


def view(_draft: BundleDraft, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Give the names a bundle may use."""
    english = locales.select() == "en"
    return {
        "roles": [
            {"key": one.key, "name": one.en if english else one.zh}
            for one in vocabulary.role_rows()
        ]
        + [{"key": "all_staff", "name": _("所有员工")}, {"key": "starter", "name": _("发起人")}],
        "limits": [
            {
                "key": row["key"],
                "text": words.limit(row) or str(row["value"]),
                "clause": row.get("source") or "",
            }
            for row in vocabulary.limit_rows()
        ],
        "settings": vocabulary.setting_keys(),
        "processes": [
            {"key": row.process_id, "name": versions.name_of(row)}
            for row in vocabulary.deployed_processes(session)
        ],
        "forms": vocabulary.deployed_forms(session),
        "decisions": [
            {"key": key, "name": name}
            for key, name in vocabulary.deployed_decisions(session).items()
        ],
        "jobTypes": vocabulary.job_types(),
        "clauses": sorted(
            {str(row["source"]) for row in vocabulary.limit_rows() if row.get("source")}
        ),
        "people": _people(english=english),
        "variables": vocabulary.variables(files),
    }


def _people(*, english: bool) -> list[dict[str, str]]:
    """The people of the demo company, in which scenarios run."""
    return [
        {
            "key": one.username,
            "name": one.name_en if english else one.name,
            "role": shell.role_name(one.role),
        }
        for one in STAFF
    ]
