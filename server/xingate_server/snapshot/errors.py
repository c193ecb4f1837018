"""What can go wrong with a snapshot.

SnapshotError                  a snapshot, its manifest or the state directory cannot be used
|-- SubjectKeyError            the key file is missing, unreadable or malformed
|   `-- SubjectKeyMismatchError  its hashes were made with another key (`subject_key_mismatch`)
|-- NotRetainedError           the sequence asked for is not retained
|-- SnapshotSetBackError       `current` is older than what was in use (`snapshot_set_back`)
`-- CompileError               no snapshot was made; `current` stays what it was
    |-- NothingToCompileError  not one row was admitted
    |-- RowsUnreadableError    too many rows of a source could not be read (`rows_unreadable`)
    |-- RowsTooFewError        a source has fewer rows than it must have (`rows_too_few`)
    `-- ShrinkError            a source, or a part of it, lost more than its threshold allows (`list_shrunk`)

An error that has a reason code begins with it.
"""


class SnapshotError(Exception):
    """A snapshot, its manifest or the state directory cannot be used."""


class SubjectKeyError(SnapshotError):
    """The key file that makes the subject hashes is missing, unreadable or malformed."""


class _CodedError(SnapshotError):
    reason = ""

    def __init__(self, message: str) -> None:
        super().__init__(f"{self.reason}: {message}")


class SubjectKeyMismatchError(_CodedError, SubjectKeyError):
    """A snapshot's hashes were made with another key: every subject of it would be CLEAR."""

    reason = "subject_key_mismatch"


class SnapshotSetBackError(_CodedError):
    """`current` points to an older sequence than the one that was in use, and no officer said so."""

    reason = "snapshot_set_back"


class NotRetainedError(SnapshotError):
    """The sequence asked for was never made here or is no longer kept."""


class CompileError(SnapshotError):
    """No snapshot was made, and `current` stays what it was."""


class NothingToCompileError(CompileError):
    """Not one row of any source was admitted."""


class RowsUnreadableError(_CodedError, CompileError):
    """More of a source's rows than it allows say something that nobody can tell."""

    reason = "rows_unreadable"


class RowsTooFewError(_CodedError, CompileError):
    """A source has fewer rows than it must have."""

    reason = "rows_too_few"


class ShrinkError(_CodedError, CompileError):
    """A source, or a region, authority or file of it, lost more against the previous sequence than is allowed."""

    reason = "list_shrunk"
