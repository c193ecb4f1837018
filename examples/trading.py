"""A trading platform: all bidders of a tender in one call, each with its own record.

python examples/trading.py http://127.0.0.1:8080 91420399000000019G 91420399000000190J
"""  # noqa: INP001 -- a script to read and run

import sys

import xingate


def main(url: str, *codes: str) -> int:
    """Print one line for each bidder."""
    bids = [xingate.Question(xingate.Subject.legal_entity(code), "tender.bid", matter="示例标段-1") for code in codes]
    with xingate.connect(url, system="trading", organisation="示例公共资源交易中心") as gateway:
        results = gateway.check_many(bids)
    for code, result in zip(codes, results, strict=True):
        if isinstance(result, xingate.XingateError):
            line = f"{code}  no answer: {result}"
        else:
            measures = ", ".join(measure.id for measure in result.measures) or "no measure"
            line = f"{code}  {result.verdict.name}  {measures}  record {result.trace.record_id}"
        print(line)  # noqa: T201 -- its purpose
    return 0 if all(isinstance(result, xingate.Decision) and result.permits for result in results) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:  # noqa: PLR2004 -- the script, URL and CODE
        sys.exit("usage: python examples/trading.py URL CODE...")
    sys.exit(main(*sys.argv[1:]))
