"""Drafts: bundles being changed by process owners, kept with every save until they are deleted.

Everybody who may change procedures sees all drafts. A save names the version it was made on; when somebody else saved in
between, nothing is overwritten: what was to be saved becomes a draft of its own that says which one it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine.deployment import library
from engine.engine import Command
from engine.errors import Conflict, NotFound
from engine.models import studio as model
from engine.models.definition import Deployment, Resource
from engine.models.studio import BundleDraft, DraftFile, DraftSave, Proof, Recording
from engine.staff.access import Actor, require
from engine.studio import intake

OWNER = "process_owner"
KEPT_SAVES = 60
Changes = Mapping[str, bytes | None]


class DraftChanged(Conflict):
    """Somebody else saved this draft; what you saved is kept in a draft of its own."""

    code = "draft_changed"

    def __init__(self, draft: BundleDraft, last: DraftSave, changed: list[str], copy: BundleDraft) -> None:  # fmt: skip
        """Keep the draft as it is now, its last save, what changed in it, and the draft that holds the late save."""
        self.draft, self.last, self.changed, self.copy = draft, last, changed, copy
        super().__init__()


@dataclass(frozen=True)
class Origin:
    """Where the content of a new draft comes from."""

    kind: str
    name: str = ""
    base_key: int | None = None
    draft_key: int | None = None
    version: int | None = None


def every(session: Session, actor: Actor) -> list[BundleDraft]:
    """List all drafts, the one changed last first. Raises NotAllowed unless the actor is a process owner."""
    require(actor, OWNER)
    return list(session.scalars(select(BundleDraft).order_by(BundleDraft.updated_at.desc())))


def get(session: Session, actor: Actor, key: int) -> BundleDraft:
    """Give a draft. Raises NotAllowed, NotFound."""
    require(actor, OWNER)
    draft = session.get(BundleDraft, key)
    if draft is None:
        raise NotFound(noun="draft", key=key)
    return draft


def content(session: Session, draft: BundleDraft, version: int | None = None) -> dict[str, bytes]:
    """Give the files of a draft, as its last save or an earlier one left them."""
    newest = (
        select(DraftFile.path, func.max(DraftFile.version).label("version"))
        .where(DraftFile.draft_key == draft.key, DraftFile.version <= (version or draft.version))
        .group_by(DraftFile.path)
        .subquery()
    )
    rows = session.execute(
        select(DraftFile.path, DraftFile.content)
        .join(newest, (newest.c.path == DraftFile.path) & (newest.c.version == DraftFile.version))
        .where(DraftFile.draft_key == draft.key)
        .order_by(DraftFile.path)
    )
    return {path: found for path, found in rows if found is not None}


def saves(session: Session, draft: BundleDraft, most: int = KEPT_SAVES) -> list[DraftSave]:
    """List who saved what, the last save first."""
    query = select(DraftSave).where(DraftSave.draft_key == draft.key)
    return list(session.scalars(query.order_by(DraftSave.version.desc()).limit(most)))


def create(command: Command, family: str, files: Mapping[str, bytes], origin: Origin) -> BundleDraft:  # fmt: skip
    """Begin a draft of a family. Raises NotAllowed, or FilesRefused; then nothing has been kept."""
    require(command.actor, OWNER)
    intake.check_family(family)
    intake.check(files)
    return _create(command, family, files, origin)


def _create(command: Command, family: str, files: Mapping[str, bytes], origin: Origin) -> BundleDraft:  # fmt: skip
    who = command.actor.user_id
    draft = BundleDraft(
        key=command.new_key(), family=family, version=1, base_key=origin.base_key,
        origin=origin.kind, origin_name=origin.name[:255], origin_key=origin.draft_key,
        origin_version=origin.version, created_by=who, created_at=command.now,
        updated_by=who, updated_at=command.now,
    )  # fmt: skip
    command.session.add(draft)
    command.session.flush()
    _write(command, draft, dict(files))
    command.audit("draft.created", family, key=str(draft.key), origin=origin.kind, of=origin.name)
    return draft


def from_family(command: Command, family: str) -> BundleDraft:
    """Begin a draft of what is deployed of a family, else of what is shipped. Raises NotAllowed, NotFound."""
    require(command.actor, OWNER)
    deployment = latest_deployment(command.session, family)
    if deployment is not None:
        return from_deployment(command, deployment)
    if family not in library.families():
        raise NotFound(noun="family", key=family)
    return _create(command, family, library.files(family), Origin(model.SHIPPED, family))


def from_deployment(command: Command, deployment: Deployment) -> BundleDraft:
    """Begin a draft of what one deployment holds. Raises NotAllowed."""
    require(command.actor, OWNER)
    files = deployed_files(command.session, deployment.key)
    origin = Origin(model.DEPLOYED, deployment.family, latest_key(command.session, deployment.family))  # fmt: skip
    return _create(command, deployment.family, files, origin)


def latest_deployment(session: Session, family: str) -> Deployment | None:
    """Give the last deployment of a family."""
    query = select(Deployment).where(Deployment.family == family)
    return session.scalar(query.order_by(Deployment.key.desc()).limit(1))


def latest_key(session: Session, family: str) -> int | None:
    """Give the key of the last deployment of a family."""
    found = latest_deployment(session, family)
    return found.key if found else None


def deployed_files(session: Session, deployment_key: int | None) -> dict[str, bytes]:
    """Give the files of a deployment; none without one."""
    query = select(Resource.name, Resource.content).where(Resource.deployment_key == deployment_key)
    return dict(session.execute(query.order_by(Resource.name)).all())


def save(command: Command, key: int, version: int, changes: Changes) -> BundleDraft | DraftChanged:
    """Save files of a draft (None removes one) as they were changed on `version` of it.

    Raises NotFound, NotAllowed, FilesRefused; then nothing is saved. When somebody saved in between the draft is left as it
    is and what was to be saved is kept: then this gives DraftChanged, to be raised once the command is stored.
    """
    draft = lock(command, key)
    if version != draft.version:
        return _keep_late(command, draft, version, changes)
    checked = _checked(command, draft, changes)
    draft.version += 1
    draft.updated_by, draft.updated_at = command.actor.user_id, command.now
    _write(command, draft, checked)
    _forget(command, draft)
    return draft


def restore(command: Command, key: int, version: int, to: int) -> BundleDraft | DraftChanged:
    """Save a draft as one of its earlier saves left it; `version` is the one that was looked at.

    Raises NotAllowed, and NotFound for a save that is not kept any more. What was saved since stays among the saves.
    """
    draft = lock(command, key)
    if to not in {one.version for one in saves(command.session, draft)}:
        raise NotFound(noun="save", key=to)
    now = content(command.session, draft)
    return save(
        command, key, version, {**dict.fromkeys(now), **content(command.session, draft, to)}
    )


def lock(command: Command, key: int) -> BundleDraft:
    """Give a draft to change it; one at a time may. Raises NotAllowed, NotFound."""
    require(command.actor, OWNER)
    query = select(BundleDraft).where(BundleDraft.key == key).with_for_update()
    draft = command.session.scalar(query)
    if draft is None:
        raise NotFound(noun="draft", key=key)
    return draft


def _keep_late(
    command: Command, draft: BundleDraft, version: int, changes: Changes
) -> DraftChanged:
    """Keep what was changed on an old version; saving late again from the same version goes into the same copy."""
    # Of a version long past some files may be forgotten: then they are taken as they are now.
    forgotten = version <= draft.version - KEPT_SAVES
    now = content(command.session, draft) if forgotten else {}
    whole = {**now, **content(command.session, draft, version)}
    late = {path: found for path, found in {**whole, **changes}.items() if found is not None}
    intake.check(late)
    copy = _copy_of(command, draft, version)
    if copy is None:
        origin = Origin(model.LATE, draft.family, draft.base_key, draft.key, version)
        copy = _create(command, draft.family, late, origin)
    else:
        copy.version += 1
        copy.updated_at = command.now
        _write(command, copy, {**dict.fromkeys(content(command.session, copy)), **late})
    last = saves(command.session, draft, 1)[0]
    return DraftChanged(draft, last, changed_since(command.session, draft, version), copy)


def _copy_of(command: Command, draft: BundleDraft, version: int) -> BundleDraft | None:
    """Give the copy that holds this person's earlier late save, unless somebody has gone on with it."""
    who = command.actor.user_id
    return command.session.scalar(
        select(BundleDraft).where(
            BundleDraft.origin_key == draft.key, BundleDraft.origin == model.LATE,
            BundleDraft.origin_version == version, BundleDraft.created_by == who,
            BundleDraft.updated_by == who,
        ).limit(1)
    )  # fmt: skip


def changed_since(session: Session, draft: BundleDraft, version: int) -> list[str]:
    """List the files that were saved after a version."""
    query = select(DraftSave.paths).where(
        DraftSave.draft_key == draft.key, DraftSave.version > version
    )
    return sorted({path for paths in session.scalars(query) for path in paths})


def _checked(command: Command, draft: BundleDraft, changes: Changes) -> Changes:
    """Keep what is really another content; the whole must still be a bundle that may be kept."""
    before = content(command.session, draft)
    new = {path: found for path, found in changes.items() if before.get(path) != found}
    whole = {path: found for path, found in {**before, **new}.items() if found is not None}
    intake.check(whole if len(new) > 1 or len(whole) != len(before) else _touched(whole, new))
    return new


def _touched(whole: Mapping[str, bytes], new: Changes) -> Mapping[str, bytes]:
    return {path: whole[path] for path in new if path in whole}


def _write(command: Command, draft: BundleDraft, changes: Changes) -> None:
    session = command.session
    for path, found in changes.items():
        session.add(DraftFile(draft_key=draft.key, path=path, version=draft.version, content=found))
    session.add(
        DraftSave(
            draft_key=draft.key, version=draft.version, paths=sorted(changes),
            saved_by=command.actor.user_id, saved_at=command.now,
        )
    )  # fmt: skip
    session.flush()


def _forget(command: Command, draft: BundleDraft) -> None:
    """Drop contents that only saves long past had: a draft saved every few seconds stays small."""
    old = draft.version - KEPT_SAVES
    if old <= 0:
        return
    newest = (
        select(DraftFile.path, func.max(DraftFile.version).label("version"))
        .where(DraftFile.draft_key == draft.key, DraftFile.version <= old)
        .group_by(DraftFile.path)
        .subquery()
    )
    over = (
        select(DraftFile.id)
        .join(newest, newest.c.path == DraftFile.path)
        .where(DraftFile.draft_key == draft.key, DraftFile.version < newest.c.version)
    )
    command.session.execute(delete(DraftFile).where(DraftFile.id.in_(over)))


def discard(command: Command, key: int) -> None:
    """Delete a draft with all its saves, proofs and recordings; what is deployed stays. Raises NotAllowed, NotFound."""
    draft = lock(command, key)
    tables: Iterable[type[DraftFile | DraftSave | Proof | Recording]] = (DraftFile, DraftSave, Proof, Recording)  # fmt: skip
    for table in tables:
        command.session.execute(delete(table).where(table.draft_key == key))
    command.session.delete(draft)
    command.audit("draft.deleted", draft.family, key=str(key), version=draft.version)
