"""An approval bureau: a permit is granted only after a check, and the check is part of the procedure (Cl. 5).

python examples/approval.py grpc://127.0.0.1:50051 91420399000000019G
"""  # noqa: INP001 -- a script to read and run

import sys
from dataclasses import dataclass

import xingate
from xingate.guard import current_decision, requires_check


@dataclass(frozen=True)
class Case:
    """A case in the bureau's own system."""

    number: str
    applicant: xingate.Subject


def main(url: str, code: str) -> int:
    """Grant the permit, or say why not."""
    with xingate.connect(url, system="permits", organisation="示例行政审批局", operator="示例经办人") as gateway:

        @requires_check("permit.grant", subject=lambda c: c.applicant, matter=lambda c: c.number, client=gateway)
        def grant(case: Case) -> str:
            duties = [measure.id for measure in current_decision().measures]
            return f"{case.number} granted" + (f", with regard to {', '.join(duties)}" if duties else "")

        try:
            print(grant(Case("示例-0001", xingate.Subject.legal_entity(code))))  # noqa: T201 -- its purpose
        except xingate.RefusedError as error:
            print(error.decision)  # noqa: T201 -- its purpose
            return 1
        except xingate.UnavailableError as error:
            print(f"no check, so no permit: {error}; ask again as {error.request_id}")  # noqa: T201 -- its purpose
            return 3
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 -- the script, URL and CODE
        sys.exit("usage: python examples/approval.py URL CODE")
    sys.exit(main(*sys.argv[1:]))
