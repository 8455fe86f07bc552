"""Bundles as zip files: what comes in is counted while it is unpacked, what goes out has the bytes of the draft."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

from engine.deployment import bundles
from engine.studio import intake

CHUNK = 65_536
WRITTEN_AT = (2020, 1, 1, 0, 0, 0)  # the same content gives the same file
LANGUAGES = ("zh.json", "en.json")
PLACES = {".form": "forms", ".dmn": "decisions", ".html": "prints"}
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def pack(files: Mapping[str, bytes]) -> bytes:
    """Give the files as a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, WRITTEN_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Read a zip file; a folder around everything is left out. Raises FilesRefused.

    Nothing is written anywhere. Sizes are counted as they are unpacked, for what an archive says of itself is no proof.
    """
    if len(content) > bundles.MAX_BYTES:
        raise intake.refusal("", "bundle_size", size=len(content), limit=bundles.MAX_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _without_root(_read(archive))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise intake.refusal("", "archive", reason=str(error)[:200] or "damaged") from error


def contents(content: bytes) -> dict[str, bytes]:
    """Read an archive of our own making, however many bundles it holds."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [one for one in archive.infolist() if not one.is_dir() and not _litter(one.filename)]
    if len(entries) > bundles.MAX_FILES:
        raise intake.refusal("", "file_count", count=len(entries), limit=bundles.MAX_FILES)
    files: dict[str, bytes] = {}
    left = bundles.MAX_BYTES
    for entry in entries:
        name = entry.filename
        if stat.S_ISLNK(entry.external_attr >> 16) or name.startswith("/") or "\\" in name:
            raise intake.refusal(name[:200], "file_name")
        if name in files:
            raise intake.refusal(name[:200], "file_twice", other=name[:200])
        files[name] = _unpacked(archive, entry, left)
        left -= len(files[name])
    return files


def _litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rsplit("/", 1)[-1] in _LITTER[1:]


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    with archive.open(entry) as stream:
        while part := stream.read(CHUNK):
            size += len(part)
            if size > intake.LARGEST:
                raise intake.refusal(entry.filename, "file_size", size=f">{intake.LARGEST}", limit=intake.LARGEST)  # fmt: skip
            if size > most:
                raise intake.refusal("", "bundle_size", size=f">{bundles.MAX_BYTES}", limit=bundles.MAX_BYTES)  # fmt: skip
            parts.append(part)
    return b"".join(parts)


def placed(name: str) -> str:
    """Give where a single file belongs in a bundle: the folder of its kind, diagrams beside nothing."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    if base.endswith(".test.json"):
        return f"scenarios/{base}"
    if base in LANGUAGES:
        return f"texts/{base}"
    folder = PLACES.get(base[base.rfind(".") :], "")
    return f"{folder}/{base}" if folder else base


def _without_root(files: dict[str, bytes]) -> dict[str, bytes]:
    roots = {path.split("/", 1)[0] for path in files}
    if len(roots) != 1 or any("/" not in path for path in files):
        return files
    root = roots.pop()
    if root in intake.FOLDERS:
        return files
    return {path.removeprefix(f"{root}/"): content for path, content in files.items()}
