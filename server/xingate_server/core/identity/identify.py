"""Finds the subject of a question by its numbers and names, or the reason why there is none.

The key is made of class and number: one number is one subject, whatever its scheme is called. A subject is settled by a
complete number only; a masked number, a bare name, a number of several subjects and one with a wrong check digit that
belongs to nobody give candidates and a reason, and nothing acts. Masked and name-only entries that fit a settled
subject are gathered as unsettled; whether their names speak against it is judged in `core.decide.gaps`. Excluded:
malformed numbers, which are errors before this. Source: DESIGN section 4 (Identity), and "Settled points".
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from xingate_server.core.decide.decision import Candidate, Flag, GapReason
from xingate_server.core.identifiers.parsing import Identifier, Scheme, could_be_citizen_number
from xingate_server.core.identity.candidates import (
    MASK,
    NAME,
    NAME_AND_MASK,
    SAME_NUMBER,
    TAX_NUMBER,
    alike,
    candidate,
    fits,
    in_order,
)
from xingate_server.core.identity.doubts import Doubts
from xingate_server.core.names.legal_forms import names_without_form
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import MOST_MATCHES, Match
from xingate_server.core.subject import (
    EMPTY_FILE,
    Held,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
    SubjectKind,
    class_of,
)

# Members of an enumeration are slow to reach by its name (Python 3.11).
_USCC, _ORG_CODE, _PERSON = Scheme.USCC, Scheme.ORG_CODE, SubjectClass.PERSON
_ONCE_ONLY = (Scheme.USCC, Scheme.CITIZEN_ID)  # no subject has two of them
_FOREIGN_REG_NO = Scheme.FOREIGN_REG_NO
_FOREIGN = frozenset({Scheme.FOREIGN_REG_NO, Scheme.LEI})


class NamedSubject(Protocol):
    """A subject that bears a name."""

    @property
    def profile(self) -> Profile:
        """What may be shown of it."""
        ...

    @property
    def list_types(self) -> tuple[str, ...]:
        """The lists that it is on."""
        ...


class Lookup(Protocol):
    """What identity needs of a snapshot."""

    def get(self, key: bytes) -> SubjectFile | None:
        """What is stored at the key of an identifier, a mask or a name."""
        ...

    def mask_shapes(self, subject_class: SubjectClass, scheme: str) -> Sequence[str]:
        """The shapes of masks that occur: `*` hides a character, `.` shows it."""
        ...

    def similar(self, subject_class: SubjectClass, normalised: str) -> Sequence[Match]:
        """Names of listed subjects that are alike, not equal; the best first."""
        ...

    def named(self, subject_class: SubjectClass, normalised: str) -> tuple[Sequence[NamedSubject], Sequence[Held]]:
        """Those who bear a name, and the listings that rest on this name alone."""
        ...


class Resolved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of the subject. `file` is empty if there is a reason.

    `subject_key` stands for the subject in the record, and `file` is what a snapshot holds at it, plus the
    unsettled entries at `unsettled_keys`. `subject_code` is an organisation's code in clear, "" for people and for
    whatever could be a citizen number.
    """

    subject_key: bytes
    file: SubjectFile = EMPTY_FILE
    reasons: tuple[GapReason, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    flags: tuple[Flag, ...] = ()
    subject_code: str = ""
    unsettled_keys: tuple[bytes, ...] = ()
    is_foreign: bool = False


def settle(
    kind: SubjectKind,
    identifiers: Sequence[Identifier],
    names: Sequence[str],
    lookup: Lookup,
    keyer: SubjectKeyer,
) -> Resolved:
    """Find the subject. `identifiers` are not malformed, `names` are normalised; at least one of them is given."""
    case = _Identification(class_of(kind), identifiers, names, lookup, keyer)
    complete = [found for i in identifiers if not i.is_masked and (found := case.find(i)) is not None]
    if not complete:
        return case.unsettled()
    if len(identifiers) == 1 and case.is_unheld(complete[0]):
        return case.result(complete[0].key)
    if case.is_ambiguous(complete):
        return case.result(complete[0].key, (GapReason.IDENTITY_AMBIGUOUS,), case.among(complete))
    return case.settled(complete)


class _Found(msgspec.Struct, frozen=True, gc=False):
    """A complete number and what stands at it; `file` is None for a miss.

    `at` is the key of the number itself, `key` the one that stands for the subject. `inner` is what stands at the
    organisation code inside it, where that is of the same subject, or of several and nobody's.
    """

    identifier: Identifier
    at: bytes
    key: bytes
    file: SubjectFile | None = None
    rivals: tuple[Profile, ...] = ()
    inner: SubjectFile | None = None


class _Identification:
    """One question's subject in the making."""

    def __init__(
        self,
        subject_class: SubjectClass,
        identifiers: Sequence[Identifier],
        names: Sequence[str],
        lookup: Lookup,
        keyer: SubjectKeyer,
    ) -> None:
        self.subject_class = subject_class
        self.identifiers = identifiers
        self.names = names
        self.lookup = lookup
        self.keyer = keyer
        self._tails: Sequence[bytes] = ()

    def key(self, scheme: Scheme, value: str) -> bytes:
        return self.keyer.identifier(self.subject_class, scheme, value)

    def is_unheld(self, only: _Found) -> bool:
        """Whether nothing stands at the only number, and nothing else of the question could lead to an entry."""
        return not (
            only.file is not None
            or only.rivals
            or self.names
            or only.identifier.possible_org_code
            or self.lookup.mask_shapes(self.subject_class, only.identifier.scheme)
        )

    def find(self, identifier: Identifier) -> _Found | None:
        """What stands at a complete number; None if its check digit is wrong and nobody holds it."""
        key = self.key(identifier.scheme, identifier.value)
        file = self.lookup.get(key)
        if file is not None and file.rivals:
            return _Found(identifier, key, key, None, file.rivals)
        if identifier.is_checksum_failure:
            return None if file is None else _Found(identifier, key, key, file)
        code = identifier.org_code
        if identifier.scheme is not _USCC or code is None:
            return _Found(identifier, key, key, file)
        return self._find_by_inner_code(identifier, key, file, self.key(_ORG_CODE, code))

    def _find_by_inner_code(
        self, identifier: Identifier, key: bytes, file: SubjectFile | None, inner_key: bytes
    ) -> _Found:
        """A unified code and the organisation code inside it: one subject, and one key in the records."""
        inner = self.lookup.get(inner_key)
        if file is not None:
            is_same = inner is file or (inner is not None and _core(inner) == _core(file))
            is_kept = inner is not None and (is_same or bool(inner.rivals))
            return _Found(identifier, key, inner_key if is_same else key, file, inner=inner if is_kept else None)
        if inner is None:
            return _Found(identifier, key, inner_key)
        if inner.rivals:
            return _Found(identifier, key, key, None, inner.rivals)
        if any(p.uscc and p.uscc != identifier.value for p in inner.profiles):
            return _Found(identifier, key, key, None, inner.profiles)
        return _Found(identifier, key, inner_key, inner)

    def is_ambiguous(self, found: Sequence[_Found]) -> bool:
        """Whether a number stands for several subjects, or the numbers for different ones."""
        files = [f.file for f in found if f.file is not None]
        unified = {p.uscc for file in files for p in file.profiles if p.uscc}
        if len(self.identifiers) == 1:
            only = found[0]
            is_unified = only.identifier.scheme is _USCC and only.identifier.is_sound
            return bool(only.rivals) or (is_unified and not unified <= {only.identifier.value})
        return (
            any(f.rivals for f in found)
            or any(_core(file) != _core(files[0]) for file in files)
            or self._contradicts(unified)
        )

    def among(self, found: Sequence[_Found]) -> tuple[Candidate, ...]:
        """All subjects of the numbers, as candidates."""
        profiles = {p for f in found for p in (f.rivals or (f.file.profiles if f.file else ()))}
        return in_order(candidate(p, self._list_types(p), *SAME_NUMBER) for p in profiles)

    def _contradicts(self, unified: set[str]) -> bool:
        """Whether numbers were given of which one subject cannot have both; `unified` are those it is known by."""
        sound = [i for i in self.identifiers if i.is_sound]
        if len({i.org_code for i in sound if i.org_code}) > 1:
            return True
        for scheme in _ONCE_ONLY:
            values = {i.value for i in sound if i.scheme is scheme}
            known = values | unified if scheme is _USCC else values
            masks = {i.value for i in self.identifiers if i.scheme is scheme and i.is_masked}
            if len(values) > 1 or (values and not values >= known):
                return True
            if any(not fits(mask, value) for mask in masks for value in known):
                return True
        return False

    def settled(self, found: Sequence[_Found]) -> Resolved:
        main = next((f for f in found if f.file is not None), found[0])
        file = main.file or EMPTY_FILE
        further_keys = self._further_keys(found, file)
        inner = main.inner if main.inner is not file else None
        if not (file.unsettled or file.unread or file.possible or inner or further_keys):
            return self.result(main.key, file=file)
        doubts = Doubts(file)
        # The file at the inner code, which stands for the subject, may lack the doubts about this one.
        keys = [main.at] if doubts.is_there and main.at != main.key and self.lookup.get(main.at) is not None else []
        code = main.identifier.org_code or ""
        if inner is not None and doubts.add(inner) and (inner_key := self.key(_ORG_CODE, code)) != main.key:
            keys.append(inner_key)
        for key in further_keys:
            further = self.lookup.get(key)
            if further is not None and doubts.add(further, with_held=key in self._tails):
                keys.append(key)
        candidates = in_order(candidate(p, (), *TAX_NUMBER) for p in doubts.possible)
        return self.result(main.key, (), candidates, doubts.of(file), tuple(keys))

    def _further_keys(self, found: Sequence[_Found], file: SubjectFile) -> list[bytes]:
        """Where doubts that fit may stand: other numbers, masks of all numbers, names alone, and the organisation codes
        that tax numbers may contain."""
        numbers = dict.fromkeys([(f.identifier.scheme, f.identifier.value) for f in found])
        if file.profiles:
            numbers |= dict.fromkeys([(_USCC, code) for code in sorted([p.uscc for p in file.profiles if p.uscc])])
        keys = [self.key(scheme, value) for scheme, value in numbers] if len(found) > 1 else []
        for scheme, value in numbers:
            shapes = self.lookup.mask_shapes(self.subject_class, scheme)
            if shapes:
                keys += [self._mask_key(scheme, _mask(value, s)) for s in shapes if len(s) == len(value)]
        keys += [self._mask_key(i.scheme, i.value) for i in self.identifiers if i.is_masked]
        tails = [tail for f in found if (tail := f.identifier.possible_org_code)]
        self._tails = [key for tail in tails for key in self._keys_of_code(self.key(_ORG_CODE, tail))]
        names = [key for name in self.names for key in self._name_keys(name)]
        return keys + self._tails + names

    def _keys_of_code(self, key: bytes) -> list[bytes]:
        """The key of an organisation code, and those of the unified codes where several contain it."""
        file = self.lookup.get(key)
        codes = sorted({profile.uscc for profile in file.rivals if profile.uscc}) if file is not None else []
        return [key, *(self.key(_USCC, code) for code in codes)]

    def _name_keys(self, name: str) -> list[bytes]:
        """Where listings that rest on this name may stand, for organisations without their legal form as well."""
        names = (name,) if self.subject_class is _PERSON else dict.fromkeys((name, *names_without_form(name)))
        return [self.keyer.name(self.subject_class, one) for one in names]

    def unsettled(self) -> Resolved:
        """No complete number that counts: candidates by name and by equal mask."""
        candidates = [
            candidate(n.profile, n.list_types, *self._fit(n.profile.display))
            for name in self.names
            for n in self.lookup.named(self.subject_class, name)[0]
        ]
        reasons, keys = [], []
        for identifier in self.identifiers:
            if identifier.is_masked:
                reasons.append(GapReason.IDENTITY_MASKED)
                keys.append(self._mask_key(identifier.scheme, identifier.value))
                candidates += self._masked_alike(keys[-1])
            else:
                reasons.append(GapReason.IDENTITY_CHECKSUM)
                keys.append(self.key(identifier.scheme, identifier.value))
        if not self.identifiers:
            reasons.append(GapReason.IDENTITY_NAME_ONLY)
            candidates += self._named_alike(self.names[0])
            keys.append(self.keyer.name(self.subject_class, self.names[0]))
        return self.result(keys[0], tuple(sorted(set(reasons))), in_order(candidates))

    def result(
        self,
        key: bytes,
        reasons: tuple[GapReason, ...] = (),
        candidates: tuple[Candidate, ...] = (),
        file: SubjectFile = EMPTY_FILE,
        unsettled_keys: tuple[bytes, ...] = (),
    ) -> Resolved:
        return Resolved(
            subject_key=key,
            file=file,
            reasons=reasons,
            candidates=candidates,
            flags=self._flags(is_settled=not reasons),
            subject_code=self._code(),
            unsettled_keys=unsettled_keys,
            is_foreign=self._is_foreign(),
        )

    def _flags(self, *, is_settled: bool) -> tuple[Flag, ...]:
        flags = []
        for place, identifier in enumerate(self.identifiers):
            if identifier.inner_mismatch:
                flags.append(Flag(code="inner_check_mismatch", detail=f"subject.identifiers[{place}]"))
            if identifier.is_checksum_failure and is_settled and self.find(identifier) is None:
                flags.append(Flag(code="identifier_ignored", detail=f"subject.identifiers[{place}]"))
        return tuple(flags)

    def _code(self) -> str:
        """The first complete number of an organisation that may stand in clear."""
        if self.subject_class is _PERSON:
            return ""
        for identifier in self.identifiers:
            if not (identifier.is_masked or could_be_citizen_number(identifier.value)):
                return identifier.value
        return ""

    def _is_foreign(self) -> bool:
        """As in admission: a foreign registration number, and none of those given in China beside it."""
        schemes = [i.scheme for i in self.identifiers]
        return _FOREIGN_REG_NO in schemes and _FOREIGN.issuperset(schemes)

    def _fit(self, display: str) -> tuple[float, str]:
        is_fitting = any(i.is_masked and fits(i.value, display) for i in self.identifiers)
        return NAME_AND_MASK if is_fitting else NAME

    def _named_alike(self, name: str) -> list[Candidate]:
        """Listed subjects whose names are alike: for who has no number, and never with one."""
        found = [
            candidate(n.profile, n.list_types, *alike(match.score, match.why))
            for match in self.lookup.similar(self.subject_class, name)
            for n in self.lookup.named(self.subject_class, match.name)[0]
            if n.list_types
        ]
        return found[:MOST_MATCHES]

    def _masked_alike(self, key: bytes) -> list[Candidate]:
        file = self.lookup.get(key) or EMPTY_FILE
        found = []
        for profile in file.profiles:
            name = normalise(profile.name)
            list_types = {h.entry.list_type for h in file.unsettled if not h.names or name in h.names}
            list_types |= {t for h in file.unread if not h.names or name in h.names for t in h.row.list_types}
            found.append(candidate(profile, list_types, *(NAME_AND_MASK if name in self.names else MASK)))
        return found

    def _mask_key(self, scheme: Scheme, masked: str) -> bytes:
        return self.keyer.mask(self.subject_class, scheme, masked)

    def _list_types(self, profile: Profile) -> set[str]:
        """On which lists one of several subjects of a number stands."""
        if not profile.uscc:
            bearers = self.lookup.named(self.subject_class, normalise(profile.name))[0]
            return {list_type for bearer in bearers if bearer.profile == profile for list_type in bearer.list_types}
        file = self.lookup.get(self.key(_USCC, profile.uscc))
        return {held.entry.list_type for held in file.held} if file else set()


def _core(file: SubjectFile) -> SubjectFile:
    """What two numbers of one subject have in common: doubts may stand at one of them only."""
    return msgspec.structs.replace(file, unsettled=(), unread=(), possible=())


def older_keys(kind: SubjectKind, identifiers: Sequence[Identifier], keyer: SubjectKeyer) -> list[bytes]:
    """All keys by which records in the keyer's form may know a subject with these numbers."""
    subject_class = class_of(kind)
    keys = []
    for identifier in identifiers:
        if identifier.is_masked:
            keys.append(keyer.mask(subject_class, identifier.scheme, identifier.value))
        else:
            keys.append(keyer.identifier(subject_class, identifier.scheme, identifier.value))
            if identifier.org_code:
                keys.append(keyer.identifier(subject_class, _ORG_CODE, identifier.org_code))
    return keys


def _mask(value: str, shape: str) -> str:
    return "".join("*" if hides == "*" else character for character, hides in zip(value, shape, strict=True))
