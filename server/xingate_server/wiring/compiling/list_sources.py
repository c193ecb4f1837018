"""The list types that the known kinds of sources declare, to check a catalogue against.

Catalogues and sources know nothing of each other: they meet here. Excluded: reading lists (`wiring.compiling.compile`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from xingate_server import catalogues
from xingate_server.catalogues import Problem


def declared_list_types(homes: Sequence[Path]) -> Mapping[str, tuple[str, ...]] | None:
    """Source kind -> the list types that its `source.toml` names, `homes` being further folders of source folders.

    A declaration that cannot be read counts as one without list types: its fault is told where the source is used.
    None without the extra `adapters`, for then no kind is known.
    """
    try:
        from xingate_adapters.sources import declared
    except ImportError:
        return None
    return declared(homes)


def unprovided_list_types(names_or_paths: Sequence[str], homes: Sequence[Path]) -> list[Problem]:
    """The list types of these catalogue layers that no known source provides, each with its place."""
    sources = declared_list_types(homes)
    return [] if sources is None else catalogues.unprovided(names_or_paths, sources)
