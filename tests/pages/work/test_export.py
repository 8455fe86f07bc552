"""导出 on the page of an instance."""

from __future__ import annotations

import io
import zipfile

from flask.testing import FlaskClient

from tests.diagrams import chain, process, user_task
from tests.world import PASSWORD, World


def sign_in(http: FlaskClient, username: str) -> None:
    http.get("/logout")
    http.post("/login", data={"username": username, "password": PASSWORD})


def test_supervisors_find_the_export_on_the_page_and_others_do_not(
    world: World, app: object
) -> None:
    http: FlaskClient = app.test_client()  # type: ignore[attr-defined]
    start = {"startGroups": "service_assistant"}
    world.deploy({"p.bpmn": process(user_task("work") + chain("s", "work", "e"), start=start)})
    key = world.start("p", by="assistant").key
    sign_in(http, "supervisor")
    assert f"/instances/{key}/export.zip" in http.get(f"/instances/{key}").text
    with zipfile.ZipFile(io.BytesIO(http.get(f"/instances/{key}/export.zip").data)) as archive:
        assert "manifest.json" in archive.namelist()
    other: FlaskClient = app.test_client()  # type: ignore[attr-defined]
    sign_in(other, "assistant")
    assert "export.zip" not in other.get(f"/instances/{key}").text
    assert other.get(f"/instances/{key}/export.zip").status_code == 403
