"""Every structure of the core is frozen: a decision cannot change what it was given, nor what it gave."""

import importlib
import pkgutil

import msgspec

import xingate_server.core


def test_every_structure_of_the_core_is_frozen() -> None:
    found = set()
    for module in pkgutil.walk_packages(xingate_server.core.__path__, "xingate_server.core."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__module__.startswith(module.name):
                found.add(each)
    assert len(found) > 20
    assert sorted(each.__qualname__ for each in found if not each.__struct_config__.frozen) == []
