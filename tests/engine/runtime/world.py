"""A world around one process instance: a clock to move, decisions, called diagrams, saving after every command."""

from datetime import UTC, datetime, timedelta
from itertools import count

from engine.errors import NotFound
from engine.expressions import feel
from engine.runtime import Budget, Context, Execution, JobOpened, UserTaskOpened, parse

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class World:
    def __init__(self, *sources, decisions=None, environment=None, budget=None, reload=True):
        self.diagrams = {key: parse(source) for key, source in enumerate(sources, 1)}
        self.keys = count(1000)
        self.reload = reload
        self.happened = []
        self.context = Context(
            now=MONDAY,
            feel=feel(),
            decide=lambda decision_id, *given: (decisions or {})[decision_id](*given),
            diagram_for=self.diagram_for,
            new_key=lambda: next(self.keys),
            environment=environment or {},
            budget=budget or Budget(),
        )

    def diagram_for(self, called):
        for key, diagram in sorted(self.diagrams.items(), reverse=True):
            if called == key or called in diagram.processes:
                return key, diagram
        raise NotFound(noun="process definition", key=called)

    @property
    def diagram(self):
        return self.diagrams[1]

    def start(self, /, _event=None, **variables):
        self.run = Execution.start(self.diagram, 1, self.context, variables, start_event=_event)
        return self._settle()

    def _settle(self):
        self.happened += self.run.events
        self.recent = list(self.run.events)
        if self.reload:
            self.run = Execution.load(
                self.diagram, 1, self.context, self.run.save(), self.run.variables
            )
        else:
            self.run.events.clear()
        return self

    def do(self, command, *arguments, **named):
        getattr(self.run, command)(*arguments, **named)
        return self._settle()

    def complete(self, element_id, **variables):
        return self.do("complete", self.key(element_id), variables)

    def pass_time(self, **span):
        self.context.now += timedelta(**span)
        return self.do("fire_timers")

    def correlate(self, element_id, **variables):
        opened = {e.key for e in self.of("SubscriptionOpened") if e.element_id == element_id}
        closed = {e.key for e in self.of("SubscriptionClosed")}
        return self.do("correlate", max(opened - closed), variables)

    def key(self, element_id):
        return self.keys_of(element_id)[0]

    def keys_of(self, element_id):
        return [
            a.key
            for a in self.run.active
            if a.element_id == element_id and a.type != "multiInstanceBody"
        ]

    def of(self, kind):
        return [event for event in self.happened if type(event).__name__ == kind]

    @property
    def waiting(self):
        """The elements of open user tasks and jobs, sorted."""
        opened = {e.key for e in self.happened if isinstance(e, UserTaskOpened | JobOpened)}
        return sorted(a.element_id for a in self.run.active if a.key in opened and not a.incident)

    @property
    def incidents(self):
        return [(a.element_id, a.incident) for a in self.run.active if a.incident]

    @property
    def trace(self):
        """Elements in the order they completed."""
        return [event.element_id for event in self.of("ElementCompleted")]

    @property
    def variables(self):
        return self.run.variables

    @property
    def done(self):
        return self.run.completed


def world(*sources, **options):
    return World(*sources, **options)
