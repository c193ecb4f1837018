"""An HR system, with asyncio: candidates for a post. Their numbers come from standard input, one a line.

python examples/recruitment.py embedded:.xingate < numbers.txt
"""  # noqa: INP001 -- a script to read and run

import asyncio
import sys

import xingate


async def main(url: str, numbers: list[str]) -> int:
    """Print one line for each candidate; numbers are masked in every output."""
    people = [xingate.Subject.natural_person(number) for number in numbers]
    async with xingate.connect_async(url, system="recruitment", organisation="示例人力资源和社会保障局") as gateway:
        checks = (gateway.check(person, "personnel.recruit", matter="示例岗位-1") for person in people)
        results = await asyncio.gather(*checks, return_exceptions=True)
    for person, result in zip(people, results, strict=True):
        said = result.verdict.name if isinstance(result, xingate.Decision) else f"no answer: {result}"
        print(f"{person}  {said}")  # noqa: T201 -- its purpose
    return 0 if all(isinstance(result, xingate.Decision) and result.permits for result in results) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 -- the script and URL
        sys.exit("usage: python examples/recruitment.py URL < NUMBERS")
    sys.exit(asyncio.run(main(sys.argv[1], sys.stdin.read().split())))
