"""The calls for the catalogue and the snapshot that answer."""

from xingate._internal import messages
from xingate._internal.calls.call import Call, encoded
from xingate.types import Action, ListType, Measure, Snapshot
from xingate.v1 import catalogue_pb2, snapshot_pb2


def actions_call() -> Call[list[Action]]:
    """ListActions."""

    def read(content: bytes) -> list[Action]:
        response = messages.parse(catalogue_pb2.ListActionsResponse, content)
        return [messages.read(Action, action) for action in response.actions]

    return Call("ListActions", catalogue_pb2.ListActionsRequest().SerializeToString(), read)


def measures_call(action: str) -> Call[list[Measure]]:
    """ListMeasures."""

    def read(content: bytes) -> list[Measure]:
        response = messages.parse(catalogue_pb2.ListMeasuresResponse, content)
        return [messages.read(Measure, measure) for measure in response.measures]

    payload = encoded(lambda: catalogue_pb2.ListMeasuresRequest(action=action).SerializeToString())
    return Call("ListMeasures", payload, read)


def list_types_call() -> Call[list[ListType]]:
    """ListListTypes."""

    def read(content: bytes) -> list[ListType]:
        response = messages.parse(catalogue_pb2.ListListTypesResponse, content)
        return [messages.read(ListType, list_type) for list_type in response.list_types]

    return Call("ListListTypes", catalogue_pb2.ListListTypesRequest().SerializeToString(), read)


def snapshot_call(sequence: int) -> Call[Snapshot]:
    """GetSnapshot."""

    def read(content: bytes) -> Snapshot:
        return messages.read(Snapshot, messages.parse(snapshot_pb2.Snapshot, content))

    payload = encoded(lambda: snapshot_pb2.GetSnapshotRequest(sequence=sequence).SerializeToString())
    return Call("GetSnapshot", payload, read)
