"""What an organisation's entries and unreadable rows mean for the people whom they name (Cl. 18; DESIGN, "Reach")."""

from xingate_server.core.admission.relations import Related
from xingate_server.core.entry import Entry, UnreadRow
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import (
    EntityRef,
    Held,
    HeldUnread,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKind,
)
from xingate_server.snapshot.compile.counts import Tally
from xingate_server.snapshot.compile.spool import Relation, Row, Writer
from xingate_server.snapshot.compile.subjects.listing import Listing
from xingate_server.snapshot.compile.subjects.names import NameWriter
from xingate_server.snapshot.compile.subjects.pieces import NOBODY, pack


class PeopleWriter:
    """Hands what is listed of organisations to the people in it."""

    def __init__(self, writer: Writer, tally: Tally, names: NameWriter) -> None:
        self._writer = writer
        self._tally = tally
        self._names = names

    def relate(self, listed: Listing, *, is_unsettled: bool = False) -> None:
        """Hand the entries to the people whom their rows name, as held through the organisation."""
        for item in listed.standing:
            self._relate_rows(item.rows, item.entry, is_unsettled=is_unsettled)
        for row in listed.unread:
            if row.unread is not None:
                self._relate_rows([row], row.unread, is_unsettled=is_unsettled)

    def _relate_rows(self, rows: list[Row], said: Entry | UnreadRow, *, is_unsettled: bool) -> None:
        related = {person for row in rows for person in row.related}
        if not related:
            return
        profile = min((row.profile for row in rows), key=pack)
        via = EntityRef(profile.name, profile.display)
        for person in related:
            names = tuple(name for name in (normalise(person.name),) if name)
            one = Profile(SubjectKind.NATURAL_PERSON, person.name, person.display)
            is_doubtful = is_unsettled or not person.subject
            if isinstance(said, Entry):
                relation = Relation(one, is_doubtful, held=Held(said, person.role, via, names))
            else:
                relation = Relation(one, is_doubtful, unread=HeldUnread(said, person.role, via, names, is_doubtful))
            self._reach(person, relation)

    def _reach(self, person: Related, relation: Relation) -> None:
        if person.subject:
            self._writer.relation(person.subject, pack(relation))
        elif person.mask:
            self._tally.add_shape(SubjectClass.PERSON, person.mask_shape)
            file = SubjectFile(
                profiles=(relation.profile,),
                unsettled=() if relation.held is None else (relation.held,),
                unread=() if relation.unread is None else (relation.unread,),
            )
            self._writer.piece(person.mask, NOBODY, pack(file))
            self._names.add(SubjectClass.PERSON, relation.names, person.mask)
            self._names.seek(SubjectClass.PERSON, relation.names, relation.list_types)
