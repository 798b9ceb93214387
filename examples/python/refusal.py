"""Why a call was refused: the reason in google.rpc.ErrorInfo, which programs branch on, and when to come again.

The status message is for people and may change. Neither ever holds a secret, so a Refusal may be logged.
"""

import grpc
from tokenforge.errors.v1 import details_pb2

# Whether the answer may have been lost, so that nobody knows if the call was done.
MAY_BE_DONE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}


class Refusal(Exception):
    """code: grpc.StatusCode. reason: 'TOKEN_EXPIRED', …, or '' when the answer is not TokenForge's (a network's). retry_after: seconds,
    0 when it says nothing. fields: faults of a request, as (field, description)."""

    def __init__(self, error):
        super().__init__(error.details())
        self.code = error.code()
        self.reason = ""
        self.retry_after = 0.0
        self.fields = []
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._read(value)

    def _read(self, value):
        # The messages have the form of google.rpc's, and travel under its names.
        for any_ in details_pb2.RpcStatus.FromString(value).details:
            name = any_.type_url.removeprefix("type.googleapis.com/google.rpc.")
            if name == "ErrorInfo":
                info = details_pb2.ErrorInfo.FromString(any_.value)
                if info.domain == "tokenforge":
                    self.reason = info.reason
            elif name == "RetryInfo":
                delay = details_pb2.RetryInfo.FromString(any_.value).retry_delay
                self.retry_after = delay.seconds + delay.nanos / 1e9
            elif name == "BadRequest":
                faults = details_pb2.BadRequest.FromString(any_.value).field_violations
                self.fields = [(fault.field, fault.description) for fault in faults]


def call(method, request, token=None, seconds=10):
    """One unary call with a deadline: without one, a call to a server that hangs would wait for ever. Raises Refusal."""
    metadata = [("authorization", f"Bearer {token}")] if token else None
    try:
        return method(request, metadata=metadata, timeout=seconds)
    except grpc.RpcError as error:
        raise Refusal(error) from None
