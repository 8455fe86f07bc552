from __future__ import annotations

from collections.abc import Callable

from tests.pages.conftest import SignIn
from tests.pages.work.conftest import PNG
from tests.world import World

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"


def test_shows_an_image_inline_in_a_sandbox(
    world: World, sign_in: SignIn, upload: Callable[..., int]
) -> None:
    with sign_in("colleague").get(f"/attachments/{upload()}") as answer:
        assert answer.data == PNG
        assert answer.mimetype == "image/png"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not answer.headers["Content-Disposition"].startswith("attachment")


def test_downloads_everything_else(
    world: World, sign_in: SignIn, upload: Callable[..., int]
) -> None:
    key = upload(content=PDF, filename='a"b.html', kind="document")
    with sign_in("assistant").get(f"/attachments/{key}") as answer:
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_downloads_an_image_on_demand(
    world: World, sign_in: SignIn, upload: Callable[..., int]
) -> None:
    with sign_in("assistant").get(f"/attachments/{upload()}?download=1") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_hides_files_of_other_sites(
    world: World, sign_in: SignIn, upload: Callable[..., int]
) -> None:
    key = upload()
    assert sign_in("stranger").get(f"/attachments/{key}").status_code == 404
    assert sign_in("assistant").get(f"/attachments/{key + 1}").status_code == 404
