"""The registry: buildings, units, customers and who occupies what."""

from engine.registry.customers import (
    customers_visible_to,
    get_customer,
    may_see_personal,
    occupancies_of,
    occupy,
    register_customer,
    update_customer,
    vacate,
)
from engine.registry.masks import mask_id, mask_name, mask_phone
from engine.registry.search import Found, find_customers, find_units, search
from engine.registry.units import (
    arrears_of,
    find_unit,
    get_unit,
    register_building,
    register_unit,
    set_arrears,
    set_status,
    units_visible_to,
    update_unit,
)

__all__ = [
    "Found",
    "arrears_of",
    "customers_visible_to",
    "find_customers",
    "find_unit",
    "find_units",
    "get_customer",
    "get_unit",
    "mask_id",
    "mask_name",
    "mask_phone",
    "may_see_personal",
    "occupancies_of",
    "occupy",
    "register_building",
    "register_customer",
    "register_unit",
    "search",
    "set_arrears",
    "set_status",
    "units_visible_to",
    "update_customer",
    "update_unit",
    "vacate",
]
