"""Write the golden cases of `decide` to `decide/*.yaml`, one a file.

The generator only spares typing: it holds each case with its expectation, derived by hand from DESIGN section 4 and
the measure table, and never runs the program. Without `--regenerate` it writes nothing and says what differs.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import golden_clean
import golden_commitments
import golden_gaps
import golden_grades
import golden_lists
import golden_measures
import golden_reach
import golden_rules
import golden_time
import golden_unread
import golden_whole
import yaml

FOLDER = Path(__file__).parent / "decide"
_MODULES = (
    golden_measures,
    golden_reach,
    golden_time,
    golden_lists,
    golden_rules,
    golden_clean,
    golden_grades,
    golden_gaps,
    golden_unread,
    golden_commitments,
    golden_whole,
)


class _Plain(yaml.SafeDumper):
    """Repeats a value where it stands twice: a reader does not follow anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def files() -> dict[str, str]:
    """The name and the text of every case. Raises ValueError where two share a name."""
    texts: dict[str, str] = {}
    for module in _MODULES:
        for slug, case in module.CASES:
            name = f"{slug}.yaml"
            if name in texts:
                raise ValueError(f"two golden cases are named `{slug}`")
            said = {key: value for key, value in case.items() if value}
            texts[name] = yaml.dump(said, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    return texts


def differing(folder: Path) -> list[str]:
    """Files that are missing, too many, or not what the generator would write."""
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    wanted = files()
    return sorted(name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regenerate", action="store_true", help="write the files, and remove those without a case")
    wanted = files()
    if not parser.parse_args().regenerate:
        sys.stdout.writelines(f"differs: {name}\n" for name in differing(FOLDER))
        return 1 if differing(FOLDER) else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.yaml"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
