"""How many cores this process may use: those it may run on, within what its control groups allow.

Source: sched_getaffinity(2); cgroup v2 `cpu.max`, cgroup v1 `cpu.cfs_quota_us` (Linux, Documentation/admin-guide).
"""

import math
import os
from pathlib import Path, PurePosixPath

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def available_cores(groups: Path = _GROUPS, own: Path = _OWN) -> int:
    """At least 1. A quota of one and a half cores counts as two."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # no Linux
        cores = os.cpu_count() or 1
    quotas = [quota for folder in _folders(groups, own) if (quota := _quota(folder)) is not None]
    return max(1, min([cores, *(math.ceil(quota) for quota in quotas)]))


def _folders(groups: Path, own: Path) -> list[Path]:
    """The control groups of this process and all above them; inside a container the root is its own."""
    try:
        lines = own.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    found = {groups, groups / "cpu"}
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        root = groups if not controllers else groups / "cpu" if "cpu" in controllers.split(",") else None
        inner = PurePosixPath(path.lstrip("/"))
        if root is not None and ".." not in inner.parts:
            found |= {root / part for part in (inner, *inner.parents)}
    return sorted(found)


def _quota(folder: Path) -> float | None:
    """Cores per control group; None if it sets no limit."""
    try:
        if (v2 := folder / "cpu.max").is_file():
            quota, period = v2.read_text(encoding="ascii").split()[:2]
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
        return float(quota) / float(period) if quota.strip() != "max" and float(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
