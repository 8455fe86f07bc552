"""Who somebody is: passwords, browsers, reset links, tokens, and what ends when an account is closed."""

from __future__ import annotations

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import select

from engine.errors import NotAllowed, NotFound, Rejected, WeakPassword, WrongCredentials
from engine.models.audit import AuditEntry
from engine.models.identity import ApiToken, LoginSession, Membership, PasswordReset, User
from engine.staff import accounts, identity
from engine.staff.access import SYSTEM, load_actor
from tests.conftest import STRONG, Clock
from tests.world import PASSWORD, World

NEW = "another long secret"


def user(world: World, username: str = "clerk") -> User:
    with world.engine.read() as session:
        return session.scalars(select(User).where(User.username == username)).one()


def sign_in(world: World, username: str = "clerk") -> str:
    with world.engine.begin(world.actor(username)) as command:
        return identity.open_session(command, user(world, username), user_agent="Firefox")


def signed_in(world: World, token: str) -> bool:
    with world.engine.read() as session:
        return identity.find_session(session, token, world.engine.clock()) is not None


def knows(world: World, username: str, password: str) -> bool:
    with world.engine.read() as session:
        try:
            return identity.authenticate(session, username, password).username == username.strip()
        except WrongCredentials:
            return False


def set_active(world: World, username: str, *, active: bool) -> None:
    with world.engine.begin(world.actor("root")) as command:
        person = command.session.get_one(User, user(world, username).id)
        accounts.set_active(command, person, active)


def begin_reset(world: World, username: str = "clerk") -> str:
    with world.engine.begin(world.actor("root")) as command:
        return identity.begin_reset(command, username)


def reset(world: World, token: str, new: str = NEW) -> None:
    with world.engine.begin(SYSTEM) as command:
        identity.reset_password(command, token, new)


def test_a_password_opens_its_own_account_only(world: World) -> None:
    assert knows(world, "clerk", PASSWORD)
    assert knows(world, " clerk ", PASSWORD)
    for username, password in (
        ("clerk", PASSWORD + "x"), ("clerk", ""), ("nobody", PASSWORD), ("", ""), ("clerk'--", "x"),
        ("Clerk", PASSWORD + "\0"),
    ):  # fmt: skip
        assert not knows(world, username, password)


def test_every_refusal_is_the_same_refusal(world: World) -> None:
    set_active(world, "clerk", active=False)
    refusals = []
    with world.engine.read() as session:
        for username, password in (("clerk", PASSWORD), ("assistant", "wrong"), ("nobody", "x")):
            with pytest.raises(WrongCredentials) as refusal:
                identity.authenticate(session, username, password)
            refusals.append((refusal.value.message, refusal.value.params))
    assert len({str(one) for one in refusals}) == 1


def test_passwords_and_tokens_are_nowhere_in_the_database(world: World) -> None:
    secrets = [PASSWORD, sign_in(world), begin_reset(world)]
    with world.engine.begin(world.actor("clerk")) as command:
        secrets.append(identity.create_token(command, user(world), "reports"))
    with world.engine.read() as session:
        kept = " ".join(
            str({column.name: getattr(row, column.key) for column in model.__table__.columns})
            for model in (User, LoginSession, PasswordReset, ApiToken, AuditEntry)
            for row in session.scalars(select(model))
        )
    assert user(world).password_hash.startswith("$argon2id$")
    assert [secret for secret in secrets if secret in kept] == []


def test_passwords_are_hashed_strongly(world: World) -> None:
    # The tests hash quickly; this is what installations hash with.
    strength = extract_parameters(STRONG.hash(PASSWORD))
    assert (strength.type, strength.time_cost >= 2) == (Type.ID, True)
    assert strength.memory_cost >= 19 * 1024


def test_a_user_name_nobody_can_have_is_a_wrong_one(world: World) -> None:
    assert not knows(world, "clerk\0", PASSWORD)


def test_a_browser_is_signed_in_until_it_is_idle(world: World, clock: Clock) -> None:
    token = sign_in(world)
    clock.forward(hours=11, minutes=59)
    assert signed_in(world, token)
    with world.engine.begin(world.actor("clerk")) as command:
        identity.touch_session(command, token)
    clock.forward(hours=11, minutes=59)
    assert signed_in(world, token)
    clock.forward(minutes=1)
    assert not signed_in(world, token)


def test_a_browser_in_constant_use_signs_in_again_after_a_week(world: World, clock: Clock) -> None:
    token = sign_in(world)
    for _ in range(14):
        clock.forward(hours=11, minutes=59)
        assert signed_in(world, token)
        with world.engine.begin(world.actor("clerk")) as command:
            identity.touch_session(command, token)
    clock.forward(hours=1)
    assert not signed_in(world, token)


def test_signing_out_ends_that_browser_only(world: World) -> None:
    here, there = sign_in(world), sign_in(world)
    with world.engine.begin(world.actor("clerk")) as command:
        identity.close_session(command, here)
    assert not signed_in(world, here)
    assert signed_in(world, there)
    assert not signed_in(world, "")
    assert not signed_in(world, identity.digest(there))


def test_a_person_revokes_own_browsers_and_not_those_of_others(world: World) -> None:
    mine, theirs = sign_in(world), sign_in(world, "assistant")
    clerk = world.actor("clerk")
    with world.engine.read() as session:
        (listed,) = accounts.sessions_of(session, clerk, world.engine.clock())
    assert (listed.digest, listed.user_agent) == (identity.digest(mine), "Firefox")
    with pytest.raises(NotFound), world.engine.begin(clerk) as command:
        accounts.revoke_session(command, identity.digest(theirs))
    with world.engine.begin(clerk) as command:
        accounts.revoke_session(command, identity.digest(mine))
    assert (signed_in(world, mine), signed_in(world, theirs)) == (False, True)


def test_a_changed_password_signs_out_the_other_browsers_and_nobody_else(world: World) -> None:
    elsewhere, colleague = sign_in(world), sign_in(world, "assistant")
    with world.engine.begin(world.actor("clerk")) as command:
        identity.change_password(command, PASSWORD, NEW)
    assert not signed_in(world, elsewhere)
    assert signed_in(world, colleague)
    assert (knows(world, "clerk", NEW), knows(world, "clerk", PASSWORD)) == (True, False)


@pytest.mark.parametrize("new", ["short", "my-clerk-password", "CLERK12345678"])
def test_a_weak_password_is_refused_and_the_old_one_stays(world: World, new: str) -> None:
    token, link = sign_in(world), begin_reset(world)
    with pytest.raises(WeakPassword), world.engine.begin(world.actor("clerk")) as command:
        identity.change_password(command, PASSWORD, new)
    with pytest.raises(WeakPassword):
        reset(world, link, new)
    assert signed_in(world, token)
    assert knows(world, "clerk", PASSWORD)
    reset(world, link)  # the link was not used up


def test_the_present_password_is_needed_to_change_it(world: World) -> None:
    with pytest.raises(WrongCredentials), world.engine.begin(world.actor("clerk")) as command:
        identity.change_password(command, "a guess of mine", NEW)
    with pytest.raises(NotAllowed), world.engine.begin(SYSTEM) as command:
        identity.change_password(command, PASSWORD, NEW)
    assert knows(world, "clerk", PASSWORD)


def test_a_reset_link_works_once_and_signs_out_everywhere(world: World) -> None:
    token, link = sign_in(world), begin_reset(world)
    reset(world, link)
    assert not signed_in(world, token)
    assert knows(world, "clerk", NEW)
    with pytest.raises(Rejected):
        reset(world, link, "yet another secret")
    assert knows(world, "clerk", NEW)


def test_a_reset_link_works_for_a_day(world: World, clock: Clock) -> None:
    first, second = begin_reset(world), begin_reset(world, "assistant")
    clock.forward(hours=23, minutes=59)
    reset(world, first)
    clock.forward(minutes=1)
    with pytest.raises(Rejected):
        reset(world, second)
    with pytest.raises(Rejected):
        reset(world, "a guess")


@pytest.mark.parametrize("by", ["another link", "a changed password"])
def test_a_new_password_closes_every_reset_link(world: World, by: str) -> None:
    old = begin_reset(world)
    if by == "another link":
        reset(world, begin_reset(world))
    else:
        with world.engine.begin(world.actor("clerk")) as command:
            identity.change_password(command, PASSWORD, NEW)
    with pytest.raises(Rejected):
        reset(world, old, "taken over by somebody")


def test_only_administrators_hand_out_reset_links_and_accounts(world: World) -> None:
    owner = world.actor("owner")
    with pytest.raises(NotAllowed), world.engine.begin(owner) as command:
        identity.begin_reset(command, "root")
    with pytest.raises(NotAllowed), world.engine.begin(owner) as command:
        identity.create_user(command, username="x", name="X", password=NEW)
    with pytest.raises(NotAllowed), world.engine.begin(owner) as command:
        identity.grant(command, user(world, "owner"), None, "admin")
    with pytest.raises(NotAllowed), world.engine.begin(owner) as command:
        identity.create_token(command, user(world, "root"), "theirs")
    with pytest.raises(NotFound):
        begin_reset(world, "nobody")


def test_an_account_needs_a_free_name_and_a_known_role(world: World) -> None:
    root = world.actor("root")
    with pytest.raises(Rejected), world.engine.begin(root) as command:
        identity.create_user(command, username="clerk", name="Twin", password=NEW)
    with pytest.raises(Rejected), world.engine.begin(root) as command:
        identity.grant(command, user(world), world.site(), "emperor")


def test_roles_hold_where_they_were_given(world: World) -> None:
    north, south = world.site().id, world.site("south").id
    clerk, owner = world.actor("clerk"), world.actor("owner")
    assert clerk.roles == {north: {"front_desk"}}
    assert not clerk.belongs_to(south)
    assert owner.roles == {north: {"process_owner"}, south: {"process_owner"}}
    with world.engine.begin(world.actor("root")) as command:
        held = command.session.scalars(
            select(Membership).where(Membership.user_id == clerk.user_id)
        )
        accounts.revoke_role(command, command.session.get_one(User, clerk.user_id), held.one().id)
    assert world.actor("clerk").roles == {}


def test_a_closed_account_can_do_nothing_and_opens_again_without_its_keys(world: World) -> None:
    token = sign_in(world)
    with world.engine.begin(world.actor("clerk")) as command:
        bearer = identity.create_token(command, user(world), "reports")

    set_active(world, "clerk", active=False)
    assert not signed_in(world, token)
    assert not knows(world, "clerk", PASSWORD)
    with world.engine.read() as session:
        assert identity.find_token(session, bearer, world.engine.clock()) is None
        assert load_actor(session, user(world).id) is None
    set_active(world, "clerk", active=True)
    assert knows(world, "clerk", PASSWORD)
    assert not signed_in(world, token)
    with pytest.raises(Rejected):
        set_active(world, "root", active=False)


def test_a_token_is_worth_something_until_it_is_taken_back(world: World) -> None:
    clerk = world.actor("clerk")
    with world.engine.begin(clerk) as command:
        token = identity.create_token(command, user(world), "reports")

    def bearer() -> int | None:
        with world.engine.read() as session:
            return identity.find_token(session, token, world.engine.clock())

    assert bearer() == clerk.user_id
    with pytest.raises(NotFound), world.engine.begin(world.actor("root")) as command:
        accounts.revoke_token(command, identity.digest(token))
    with world.engine.begin(clerk) as command:
        accounts.revoke_token(command, identity.digest(token))
    assert bearer() is None


def test_signing_in_and_out_stands_in_the_audit(world: World) -> None:
    token = sign_in(world)
    with world.engine.begin(world.actor("clerk")) as command:
        identity.close_session(command, token)
    with world.engine.read() as session:
        acts = session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.actor_name == "Clerk")
            .order_by(AuditEntry.seq)
        ).all()
    assert acts == ["session.opened", "session.closed"]
