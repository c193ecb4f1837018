"""What became of a lookup: measures applied or not, and identities settled by a person (Cl. 22).

A report is a leaf of its own that names the lookup; success is returned only after it is durable, and within one caller
an outcome id has exactly one leaf. Only the caller that asked may report: another one is refused, and that is on record
too. A settled identity is shown in later answers about the same subject in the same matter of the same organisation; it
never changes a verdict, since the lists, not a report, decide to whom an entry belongs. Excluded: texts
(`gateway.records.outcome_reading`). Source: DESIGN section 7.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from xingate_server.core.decide.decision import Flag
from xingate_server.core.identifiers.parsing import mask_text
from xingate_server.core.subject import SubjectKeyer
from xingate_server.core.timestamps import written
from xingate_server.gateway import errors
from xingate_server.gateway.records.denials import Denial, Denials
from xingate_server.gateway.records.outcome_reading import OutcomeAnswer, OutcomeCommand, ReadOutcome, read_outcome
from xingate_server.trace import port
from xingate_server.trace.leaf.record import CheckLeaf, Leaf, OutcomeLeaf, encode, read
from xingate_server.trace.leaf.terms import terms_of

METHOD: Final = "ReportOutcome"
MAX_SETTLEMENTS: Final = 64


class SettledIdentities(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier reports settled, as an answer shows it. `records` are those of the reports."""

    flags: tuple[Flag, ...] = ()
    records: tuple[str, ...] = ()


NOTHING_SETTLED: Final = SettledIdentities()


class Outcomes:
    """Takes reports. `keyer` returns the maker of hashes; `clock` an aware time; `new_id` a UUIDv7."""

    def __init__(
        self,
        trace: port.TraceLog,
        keyer: Callable[[], SubjectKeyer],
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._trace = trace
        self._keyer = keyer
        self._clock = clock
        self._new_id = new_id
        self._denials = Denials(trace, clock, new_id)

    async def report(self, command: OutcomeCommand) -> OutcomeAnswer:
        """Record one report. Raises GatewayError."""
        work = self._work(command)
        if isinstance(work, Denial):
            raise await self._denials.deny(work)
        if isinstance(work, OutcomeAnswer):
            return work
        try:
            stored = await self._trace.append(work)
        except port.TraceError as error:
            raise _trace_error(error) from error
        return self._answer(stored, command)

    def settled(
        self, organisation: str, matter: str, subject_keys: Sequence[bytes], entry_ids: Mapping[str, str]
    ) -> SettledIdentities:
        """What the organisation's reports settled about these entries, for this subject in this matter; the newest
        report counts. Nothing without a matter. Raises UnavailableError if the log cannot be read.

        `subject_keys` are all by which records may know the subject, the present one first; `entry_ids` are those of
        the answer, and older ones of the same entries, each with the one in the answer.
        """
        if not (matter and entry_ids):
            return NOTHING_SETTLED
        flags: dict[str, Flag] = {}
        records: list[str] = []
        try:
            for leaf in self._reports(organisation, matter, subject_keys):
                for identity in leaf.identities:
                    entry_id = entry_ids.get(identity.entry_id)
                    if entry_id is not None and entry_id not in flags:
                        same = "the same" if identity.is_same else "not the same"
                        who = f"decided by {identity.decided_by}, record {leaf.record_id}"
                        flags[entry_id] = Flag(code="identity_settled", detail=f"{entry_id}: {same}, {who}")
                        records.append(leaf.record_id)
        except port.TraceError as error:
            raise _trace_error(error) from error
        return SettledIdentities(flags=tuple(flags.values()), records=tuple(dict.fromkeys(records)))

    def _reports(self, organisation: str, matter: str, subject_keys: Sequence[bytes]) -> Iterator[OutcomeLeaf]:
        """The organisation's reports in this matter about the subject of these keys, those of each key newest first."""
        for subject_key in dict.fromkeys(subject_keys):
            topic = _topic(self._keyer(), organisation, matter, subject_key)
            for stored in self._trace.by_topic(topic, MAX_SETTLEMENTS):
                leaf = _read(stored)
                if isinstance(leaf, OutcomeLeaf) and self._is_about(leaf, organisation, matter, subject_key):
                    yield leaf

    def _is_about(self, leaf: OutcomeLeaf, organisation: str, matter: str, subject_key: bytes) -> bool:
        """Whether the leaves themselves say so: a topic is only where to look."""
        lookup = self._trace.get(leaf.lookup_record_id)
        found = _read(lookup) if lookup else None
        return (
            isinstance(found, CheckLeaf)
            and leaf.organisation == found.organisation == organisation
            and (found.matter, found.subject_key) == (matter, subject_key)
        )

    def _work(self, command: OutcomeCommand) -> OutcomeAnswer | Denial | port.Draft:
        """A stored report, a refusal, or a report that waits for its record. Raises GatewayError."""
        reported = read_outcome(command)
        keyer = self._keyer()
        asked = msgspec.structs.replace(command, outcome_id="")
        digest = keyer.digest(msgspec.json.encode(asked, order="deterministic"))
        try:
            if command.outcome_id and (known := self._find(command, digest)) is not None:
                return self._answer(known, command)
            lookup = self._lookup(command.record_id)
        except port.TraceError as error:
            raise _trace_error(error) from error
        if (lookup.system, lookup.organisation) != (command.system, command.organisation):
            return _denial(command)
        _require_in_answer(reported, lookup)
        return self._draft(command, reported, lookup, digest)

    def _find(self, command: OutcomeCommand, digest: bytes) -> port.Stored | None:
        stored = self._trace.find("outcome", command.system, command.organisation, command.outcome_id)
        if stored is not None and stored.question_digest != digest:
            raise port.RequestIdReusedError(command.outcome_id)
        return stored

    def _lookup(self, record_id: str) -> CheckLeaf:
        stored = self._trace.get(record_id)
        if stored is None:
            raise errors.UnknownRecordError("record_unknown", "no record has this id", "record_id")
        leaf = _read(stored)
        if not isinstance(leaf, CheckLeaf):
            text = "the record is not that of a lookup: name the record id of the answer"
            raise errors.InvalidOutcomeError("record_not_lookup", text, "record_id")
        return leaf

    def _draft(self, command: OutcomeCommand, reported: ReadOutcome, lookup: CheckLeaf, digest: bytes) -> port.Draft:
        record_id = self._new_id()
        outcome_id = command.outcome_id or record_id
        leaf = OutcomeLeaf(
            record_id=record_id,
            request_id=outcome_id,
            time=written(self._clock()),
            lookup_record_id=lookup.record_id,
            system=command.system,
            organisation=command.organisation,
            operator=reported.operator,
            measures=reported.measures,
            identities=reported.identities,
            note=reported.note,
        )
        topic = _topic(self._keyer(), lookup.organisation, lookup.matter, lookup.subject_key)
        is_found_later = bool(reported.identities and lookup.matter)
        return port.Draft(
            kind="outcome",
            record_id=record_id,
            request_id=outcome_id,
            system=command.system,
            organisation=command.organisation,
            question_digest=digest,
            time=leaf.time,
            leaf=encode(leaf),
            answer=b"",
            topic=topic if is_found_later else b"",
            terms=terms_of(leaf),
        )

    def _answer(self, stored: port.Stored, command: OutcomeCommand) -> OutcomeAnswer:
        # A replay has the digest of this command, so it names the same lookup.
        return OutcomeAnswer(
            outcome_id=stored.request_id,
            lookup_record_id=command.record_id,
            record_id=stored.record_id,
            leaf_index=stored.leaf_index,
            log_origin=self._trace.origin,
        )


def _read(stored: port.Stored) -> Leaf | None:
    """A leaf, or None if it is of a kind or release that this one does not know."""
    try:
        return read(stored.leaf)
    except ValueError:
        return None


def _topic(keyer: SubjectKeyer, organisation: str, matter: str, subject_key: bytes) -> bytes:
    return keyer.digest(msgspec.json.encode(("identity_settled", organisation, matter, subject_key.hex())))


def _denial(command: OutcomeCommand) -> Denial:
    return Denial(
        method=METHOD,
        reason="not_allowed",
        message="the lookup was made by another organisation or system: only the one that asked may report on it",
        system=command.system,
        organisation=command.organisation,
        operator=command.operator,
        about=command.record_id,
        field="record_id",
    )


def _require_in_answer(reported: ReadOutcome, lookup: CheckLeaf) -> None:
    for place, measure in enumerate(reported.measures):
        if measure.measure_id not in lookup.measure_ids:
            text = f"measure `{mask_text(measure.measure_id)}` was not among those of the answer"
            raise errors.InvalidOutcomeError("measure_not_in_answer", text, f"measures[{place}].measure_id")
    for place, identity in enumerate(reported.identities):
        if identity.entry_id not in lookup.entry_ids:
            text = f"entry `{mask_text(identity.entry_id)}` was not among those of the answer"
            raise errors.InvalidOutcomeError("entry_not_in_answer", text, f"identities[{place}].entry_id")


def _trace_error(error: port.TraceError) -> errors.GatewayError:
    """What a caller is told of a failed record."""
    if isinstance(error, port.RequestIdReusedError):
        text = f"outcome id `{mask_text(error.request_id)}` belongs to another report of the same caller"
        return errors.RequestIdReusedError("request_id_reused", text, "outcome_id")
    text = "the report could not be made durable: report again with the same outcome id"
    if isinstance(error, port.ReadFailedError):
        text = "the log cannot be read at the moment: try again with the same id"
    return errors.UnavailableError("record_failed", text)
