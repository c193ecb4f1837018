"""What can go wrong with a snapshot.

SnapshotError                  a snapshot, its manifest or the state directory cannot be used
|-- SubjectKeyError            the key file is missing, unreadable or malformed
|-- NotRetainedError           the sequence asked for is not kept
`-- CompileError               no snapshot was made; `current` stays what it was
    |-- NothingToCompileError  not one row was admitted
    `-- ShrinkError            a source lost more of its rows than its threshold allows
"""


class SnapshotError(Exception):
    """A snapshot, its manifest or the state directory cannot be used."""


class SubjectKeyError(SnapshotError):
    """The key file that makes the subject hashes is missing, unreadable or malformed."""


class NotRetainedError(SnapshotError):
    """The sequence asked for was never made here or is no longer kept."""


class CompileError(SnapshotError):
    """No snapshot was made, and `current` stays what it was."""


class NothingToCompileError(CompileError):
    """Not one row of any source was admitted."""


class ShrinkError(CompileError):
    """A source lost more of its rows against the previous sequence than its threshold allows."""
