"""What is asked of a roster, and where the answers go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xingate.types import SubjectKind
from xingate_adapters.rosters.layout import FIELDS, RosterLayout
from xingate_server.core.identifiers.parsing import mask_text


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What to ask of a roster, and where to put the answers. `kind` stands where no column says it."""

    layout: RosterLayout
    out: Path
    action: str
    kind: SubjectKind | None = None
    as_of: str = ""
    matter: str = ""
    context: Mapping[str, str]
    system: str = ""
    organisation: str = ""
    operator: str = ""

    @property
    def journal(self) -> Path:
        """Where the run's journal is."""
        return self.out.with_name(f"{self.out.name}.journal")

    def asked(self) -> dict[str, object]:
        """All that makes the questions, but the file; a number of a person that stands in it is masked."""
        return {
            "action": self.action,
            "as_of": self.as_of,
            "kind": self.kind.name if self.kind else "",
            "matter": mask_text(self.matter),
            "context": {key: mask_text(value) for key, value in self.context.items()},
            "caller": [mask_text(part) for part in (self.system, self.organisation, self.operator)],
            "columns": {field: list(self.layout.places(field)) for field in FIELDS},
            "table": list(self.layout.table),
        }
