"""The keyed hashes that stand for subjects."""

import pytest

from xingate_server.core.subject import KEY_BYTES, SubjectClass, SubjectKeyer


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"16 to 64 bytes, not {length}"):
        SubjectKeyer(b"k" * length)


def test_parts_never_run_together() -> None:
    keyer = SubjectKeyer(b"k" * 32)
    one = keyer.identifier(SubjectClass.ORGANISATION, "uscc", "1")
    assert len(one) == KEY_BYTES
    assert one != keyer.identifier(SubjectClass.ORGANISATION, "uscc1", "")
    assert one != keyer.identifier(SubjectClass.PERSON, "uscc", "1")
    assert one != keyer.mask(SubjectClass.ORGANISATION, "uscc", "1")
    assert one != SubjectKeyer(b"x" * 32).identifier(SubjectClass.ORGANISATION, "uscc", "1")
