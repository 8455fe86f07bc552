"""The session of a command writes plain changes itself and leaves the rest to the mapper."""

import pytest
from sqlalchemy import delete
from sqlalchemy.orm.exc import StaleDataError

from engine.models.identity import Membership, Site, User
from engine.staff.access import SYSTEM


def test_writes_changed_columns_and_keeps_the_object(world):
    with world.engine.begin(SYSTEM) as command:
        site = command.session.get_one(Site, world.site().id)
        site.manager = "Wang"
        command.session.flush()
        assert site not in command.session.dirty
        site.name_en = "North"
    assert (world.site().manager, world.site().name_en) == ("Wang", "North")


def test_leaves_new_rows_and_relationships_to_the_mapper(world):
    with world.engine.begin(SYSTEM) as command:
        user = command.session.query(User).filter_by(username="clerk").one()
        user.memberships.append(Membership(site_id=world.site("south").id, role="cashier"))
        user.name_en = "Clerk"
    assert "cashier" in world.actor("clerk").roles_at(world.site("south").id)


def test_a_savepoint_that_is_rolled_back_takes_its_change_along(world):
    with world.engine.begin(SYSTEM) as command:
        site = command.session.get_one(Site, world.site().id)
        with command.session.begin_nested() as savepoint:
            site.manager = "Nobody"
            command.session.flush()
            savepoint.rollback()
        assert site.manager == ""
    assert world.site().manager == ""


def test_a_row_that_is_gone_is_told(world):
    with world.engine.begin(SYSTEM) as command:
        membership = command.session.query(Membership).first()
        gone = delete(Membership).where(Membership.id == membership.id)
        command.session.execute(gone.execution_options(synchronize_session=False))
        membership.area = "A"
        with pytest.raises(StaleDataError):
            command.session.flush()
        command.session.expunge(membership)
