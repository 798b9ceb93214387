"""What the tests of examples/python share: the example's modules, the suite that runs, and parts that misbehave."""

import os
import pathlib
import sys
import uuid

ROOT = pathlib.Path(os.environ["SUITE_ROOT"])
EXAMPLE = ROOT / "examples" / "python"
sys.path[:0] = [str(EXAMPLE), os.environ["GENERATED"]]

# pylint: disable=wrong-import-position
import grpc  # noqa: E402
import notes_pb2_grpc  # noqa: E402
from channel import FACADE, connect  # noqa: E402
from tokenforge.auth.v1 import auth_pb2_grpc  # noqa: E402

CERTS = os.environ["SUITE_CERTS"]
PASSWORD = "correct horse battery staple"


def email():
    return f"{uuid.uuid4()}@example.org"


def facade(address=os.environ["SUITE_AUTH"]):
    channel = connect(address, CERTS, "app", FACADE)
    return channel, auth_pb2_grpc.AuthServiceStub(channel)


def notes():
    channel = connect(os.environ["SUITE_NOTES"], CERTS, "app", "notes.v1.NotesService")
    return channel, notes_pb2_grpc.NotesServiceStub(channel)


class MemoryStore:
    """Like TokenFile, and remembers all that was ever saved."""

    def __init__(self):
        self.tokens, self.saved = None, []

    def load(self):
        return self.tokens

    def save(self, tokens):
        self.tokens = tokens
        self.saved.append(tokens)

    def clear(self):
        self.tokens = None


class Lost(grpc.RpcError):
    """What gRPC raises when the connection ends before the answer."""

    def code(self):
        return grpc.StatusCode.UNAVAILABLE

    def details(self):
        return "the connection was lost"

    def trailing_metadata(self):
        return ()


class Losing:
    """A façade whose first answer to Refresh is lost on its way; what it was is in `lost`."""

    def __init__(self, stub):
        self._stub, self.lost = stub, []

    def __getattr__(self, name):
        return getattr(self._stub, name)

    def Refresh(self, *args, **kwargs):  # pylint: disable=invalid-name
        answer = self._stub.Refresh(*args, **kwargs)
        if self.lost:
            return answer
        self.lost.append(answer)
        raise Lost
