#!/usr/bin/python3
"""Logs in, or goes on with a stored session, and calls a guarded server."""

import argparse
import pathlib
import sys

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--generated", required=True, help="folder that protos.sh made")
parser.add_argument("--certs", required=True, help="folder with ca.crt and our certificate and key")
parser.add_argument("--email")
parser.add_argument("--password-file", type=pathlib.Path, help="never in the arguments: every process can read those")
parser.add_argument("--register", action="store_true")
parser.add_argument("--logout", action="store_true")
parser.add_argument("--tokens", default="tokens")
parser.add_argument("--facade", default="127.0.0.1:7443")
parser.add_argument("--notes", default="127.0.0.1:7450")
parser.add_argument("--identity", default="app")
flags = parser.parse_args()
sys.path.append(flags.generated)

# pylint: disable=wrong-import-position
import notes_pb2  # noqa: E402
import notes_pb2_grpc  # noqa: E402
from channel import FACADE, connect  # noqa: E402
from refusal import Refusal  # noqa: E402
from session import LoginRequired, Session  # noqa: E402
from token_file import TokenFile  # noqa: E402
from tokenforge.auth.v1 import auth_pb2_grpc  # noqa: E402


def log_in(session):
    if not flags.email or not flags.password_file:
        parser.error("nobody is logged in: give --email and --password-file")
    password = flags.password_file.read_text().rstrip("\n")
    if flags.register:
        session.register(flags.email, password)
    elif session.login(flags.email, password):
        sys.exit("this account has a second factor: see complete_login")


def work(session, notes):
    session.call(notes.CreateNote, notes_pb2.CreateNoteRequest(text="written by the Python example"))
    for note in session.call(notes.ListNotes, notes_pb2.ListNotesRequest()).notes:
        print(f"{note.note_id}: {note.text}")


def main():
    with connect(flags.facade, flags.certs, flags.identity, FACADE) as to_facade, connect(
            flags.notes, flags.certs, flags.identity, "notes.v1.NotesService", ["CountNotes", "ListNotes"]) as to_notes:
        session = Session(auth_pb2_grpc.AuthServiceStub(to_facade), TokenFile(flags.tokens))
        notes = notes_pb2_grpc.NotesServiceStub(to_notes)
        if not session.resume():
            log_in(session)
        try:
            work(session, notes)
        except LoginRequired as ended:
            print(ended, file=sys.stderr)
            log_in(session)
            work(session, notes)
        if flags.logout:
            session.logout()


try:
    main()
except Refusal as refused:
    print(f"refused: {refused.reason or refused.code.name}: {refused}", file=sys.stderr)
    for name, description in refused.fields:
        print(f"  {name}: {description}", file=sys.stderr)
    if refused.retry_after:
        print(f"  try again in {refused.retry_after:.0f} s", file=sys.stderr)
    sys.exit(1)
