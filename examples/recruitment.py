"""An HR system: candidates for a post, what the panel sees, a doubt that a person settles, and the notice (Cl. 5, 25).

python examples/recruitment.py [URL]
"""

import sys
import tempfile
from pathlib import Path

from lists import gateway_url

import xingate
from xingate_adapters.systems.recruitment import Candidate, PanelResult, RecruitmentDesk, notice
from xingate_server.demo.numbers import citizen_number

BUREAU = "示例人力资源和社会保障局"
CANDIDATES = (
    Candidate("示例寅", citizen_number(302)),
    Candidate("示例庚", citizen_number(107)),
    Candidate("示例丑", citizen_number(301)),
)


def show(result: PanelResult) -> None:
    print(f"\n{result.candidate}: {result.verdict.title_zh} {result.verdict.name}")
    for finding in result.findings:
        print(f"  {finding.title_zh} [{finding.measure_id}]; {finding.authority}; {'；'.join(finding.basis)}")
    for doubt in result.unsettled:
        print(f"  a person is to settle whether the listing {doubt.entry_id} is this candidate's")
    for told in result.settled:
        print(f"  settled: {told}")


def main(url: str) -> None:
    with xingate.connect(url, system="recruitment", organisation=BUREAU) as gateway:
        desk = RecruitmentDesk(gateway)

        def check(candidate: Candidate) -> PanelResult:
            return desk.check(candidate, post="示例岗位-1", purpose="personnel.recruit", operator="示例经办人")

        results = [check(candidate) for candidate in CANDIDATES]
        for result in results:
            show(result)
        doubted = results[2]
        for doubt in doubted.unsettled:
            desk.settle(doubted, doubt.entry_id, is_same=False, evidence="示例户籍资料", decided_by="示例核实人")
        show(check(CANDIDATES[2]))
        page = Path(tempfile.mkdtemp(prefix="xingate-notice-")) / "notice.html"
        page.write_text(notice(results[1], BUREAU, "zh"), encoding="utf-8")
        print(f"\nnotice to {results[1].candidate}: {page}")


if __name__ == "__main__":
    with gateway_url(sys.argv[1:]) as address:
        main(address)
