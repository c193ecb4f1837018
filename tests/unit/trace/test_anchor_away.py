"""How soon an anchor that is away is tried again, which docs/trace.md promises."""

import contextlib
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest
from tests.support.waiting import wait_until

from xingate.checkpoint import Checkpoint, new_private_key, sign
from xingate_server.trace.anchor import push as anchoring
from xingate_server.trace.anchor.push import Prove, Pusher

ORIGIN = "example.org/log"


class _Away:
    """A place that takes nothing, and when it was tried."""

    def __init__(self) -> None:
        self.tried: list[float] = []

    def push(self, note: str, prove: Prove) -> None:
        self.tried.append(monotonic())
        raise OSError("away")

    def cosigned(self) -> str | None:
        return None


def test_it_is_tried_again_later_and_later_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "trace.md").read_text(encoding="utf-8")
    first, last, within = anchoring._FIRST_RETRY_S, anchoring._LAST_RETRY_S, anchoring._TIMEOUT_S
    told = page.partition("**If an anchor is down**")[2].partition("\n\n")[0]
    told = " ".join(told.split())
    assert f"after {first:.0f} second, then after {2 * first:.0f}, {4 * first:.0f}, {8 * first:.0f} and so" in told
    assert f"at most {last:.0f} seconds apart" in told
    assert f"within {within:.0f} seconds" in told
    assert f"up to {last + within:.0f} seconds" in told
    monkeypatch.setattr(anchoring, "_FIRST_RETRY_S", 0.02)
    monkeypatch.setattr(anchoring, "_LAST_RETRY_S", 0.08)
    away = _Away()
    with contextlib.closing(Pusher(away, every_s=0)) as pusher:
        pusher.push(sign(Checkpoint(ORIGIN, 1, bytes(32)), new_private_key()), lambda *_: [])
        wait_until(lambda: len(away.tried) == 5)
    gaps = [later - earlier for earlier, later in pairwise(away.tried[:5])]
    assert all(gap >= least for gap, least in zip(gaps, (0.02, 0.04, 0.08, 0.08), strict=True)), gaps
