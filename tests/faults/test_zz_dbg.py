from tests.faults import diagrams, victim
from tests.faults.test_kills import done
from sqlalchemy import event
from sqlalchemy.orm import Session
def test_x(world):
    world.deploy(diagrams.DAY)
    n={"c":0,"s":0}
    event.listen(Session,"before_commit",lambda s:n.__setitem__("c",n["c"]+1))
    event.listen(world.engine.bind,"before_cursor_execute",lambda *a:n.__setitem__("s",n["s"]+1))
    world.engine.on_work(lambda:n.__setitem__("w",n.get("w",0)+1))
    victim.whole_day(world.engine)
    print(n, done(world), [(t.element_id,t.state) for t in world.open_tasks()])
    from engine.models.job import Incident, Job
    from sqlalchemy import select
    with world.engine.read() as s: print([(i.element_id,i.message) for i in s.scalars(select(Incident))],[(i.element_id,i.state,i.error) for i in s.scalars(select(Job))])
    assert 0
