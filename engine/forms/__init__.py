"""Forms: the form-js JSON of a user task, and the rules by which a submission becomes variables.

`Form.from_json` is the gate, `Form.validate` turns what a browser or the API sends into clean variables,
`Form.initial` and `Form.facts` say what an opened form shows.
"""

from engine.forms.checks import Resolver
from engine.forms.components import INPUTS, Component, every, place
from engine.forms.defaults import blank_row, touched, without_blank_rows
from engine.forms.errors import Finding, InvalidForm
from engine.forms.facts import Cell, Facts
from engine.forms.form import Form
from engine.forms.moments import local
from engine.forms.options import Choice
from engine.forms.schema import ROW

__all__ = [
    "INPUTS",
    "ROW",
    "Cell",
    "Choice",
    "Component",
    "Facts",
    "Finding",
    "Form",
    "InvalidForm",
    "Resolver",
    "blank_row",
    "every",
    "local",
    "place",
    "touched",
    "without_blank_rows",
]
