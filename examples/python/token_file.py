"""Where a session's tokens outlive the process. Whoever reads this file is the person: it is the owner's alone."""

import os
import pathlib

from tokenforge.auth.v1 import auth_pb2


class TokenFile:
    def __init__(self, path):
        self._path = pathlib.Path(path)

    def load(self):
        """The stored tokens, or None."""
        try:
            return auth_pb2.Tokens.FromString(self._path.read_bytes())
        except FileNotFoundError:
            return None

    def save(self, tokens):
        """In one move, and on the disk before it returns: there is never a moment with neither the old token nor the new one."""
        next_path = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with open(os.open(next_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(tokens.SerializeToString())
            file.flush()
            os.fsync(file.fileno())
        next_path.replace(self._path)

    def clear(self):
        self._path.unlink(missing_ok=True)
