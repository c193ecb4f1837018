"""No file imports itself round a corner: the imports of each package form no cycle, from file to file.

Imports inside functions and under TYPE_CHECKING count: what they hide is a cycle all the same.
"""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def cycle_of(graph: grimp.ImportGraph) -> list[str]:
    """The files of one cycle, each imported by the next; none where there is none."""
    order = TopologicalSorter({file: graph.find_modules_directly_imported_by(file) for file in graph.modules})
    try:
        order.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", ["xingate", "xingate_server", "xingate_adapters"])
def test_no_file_imports_itself_round_a_corner(package: str) -> None:
    graph = grimp.build_graph(package, cache_dir=None)
    assert len(graph.modules) > 1
    assert " -> ".join(reversed(cycle_of(graph))) == ""


def test_a_cycle_is_named() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")):
        graph.add_import(importer=importer, imported=imported)
    assert set(cycle_of(graph)) == {"a", "b", "c"}
