"""Keep the golden cases in one written form: `python tests/golden/tidy.py --rewrite`.

A case is written by hand in `decide/*.yaml`, from the rules, and stands nowhere else. This tool never runs the program
and changes no value: it orders the keys of a case, and indents and quotes as every other case does. Without
`--rewrite` it writes nothing and names the files that are written otherwise.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "decide"
KEYS = ("title", "why", "given", "asked", "expected")


class _Plain(yaml.SafeDumper):
    """Writes a value out each time: a reader does not follow anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def tidied(text: str) -> str:
    """A case in the one form. Raises ValueError if a key is not one of KEYS, or one but `given` is missing."""
    case = yaml.safe_load(text)
    if not isinstance(case, dict) or not set(KEYS) - {"given"} <= case.keys() <= set(KEYS):
        raise ValueError(f"a golden case has the keys {', '.join(KEYS)}; only `given` may be left out")
    ordered = {key: case[key] for key in KEYS if key in case}
    return yaml.dump(ordered, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)


def untidy(folder: Path) -> list[Path]:
    """The cases that are not written in the one form."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    return [path for path, text in texts.items() if tidied(text) != text]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rewrite", action="store_true", help="write them in the one form")
    is_rewriting = parser.parse_args().rewrite
    found = untidy(FOLDER)
    for path in found:
        sys.stdout.write(f"{'rewritten' if is_rewriting else 'not in the one form'}: {path.name}\n")
        if is_rewriting:
            path.write_text(tidied(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if found and not is_rewriting else 0


if __name__ == "__main__":
    sys.exit(main())
