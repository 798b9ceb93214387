"""examples/python: a client that never loses its session to a lost answer, and never keeps one that has ended."""

import os
import pathlib
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from suite import CERTS, EXAMPLE, PASSWORD, Losing, MemoryStore, email, facade, notes

import grpc
import notes_pb2
from refusal import Refusal
from session import LoginRequired, Session
from token_file import TokenFile
from tokenforge.auth.v1 import auth_pb2


def late():
    """A clock for which every access token is about to end."""
    return time.time() + 15 * 60


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.facade_channel, cls.facade = facade()
        cls.notes_channel, cls.notes = notes()
        cls.addClassCleanup(cls.facade_channel.close)
        cls.addClassCleanup(cls.notes_channel.close)

    def registered(self, stub=None, **options):
        store = MemoryStore()
        session = Session(stub or self.facade, store, **options)
        session.register(email(), PASSWORD)
        return session, store

    def list(self, session):
        return [note.text for note in session.call(self.notes.ListNotes, notes_pb2.ListNotesRequest()).notes]

    def test_registers_calls_a_guarded_server_and_logs_out(self):
        session, store = self.registered()
        session.call(self.notes.CreateNote, notes_pb2.CreateNoteRequest(text="kept"))
        self.assertEqual(self.list(session), ["kept"])
        session.logout()
        self.assertIsNone(store.tokens)
        with self.assertRaises(LoginRequired):
            self.list(session)

    def test_reads_reason_faults_and_code_of_a_refusal(self):
        session, _ = self.registered()
        with self.assertRaises(Refusal) as refused:
            session.call(self.notes.PurgeNotes, notes_pb2.PurgeNotesRequest())
        self.assertEqual(refused.exception.code, grpc.StatusCode.PERMISSION_DENIED)
        self.assertEqual(refused.exception.reason, "ROLE_REQUIRED")
        with self.assertRaises(Refusal) as refused:
            Session(self.facade, MemoryStore()).register("nobody", PASSWORD)
        self.assertEqual(refused.exception.reason, "INVALID_FIELD")
        self.assertEqual([field for field, _ in refused.exception.fields], ["email"])

    def test_is_told_when_to_come_again(self):
        somebody = email()
        Session(self.facade, MemoryStore()).register(somebody, PASSWORD)
        reasons = []
        for guess in range(6):
            with self.assertRaises(Refusal) as refused:
                Session(self.facade, MemoryStore()).login(somebody, f"guess {guess}")
            reasons.append(refused.exception.reason)
        self.assertEqual(reasons[-1], "RATE_LIMITED", reasons)
        self.assertGreater(refused.exception.retry_after, 0)

    def test_asks_again_with_the_same_token_when_the_answer_to_a_refresh_is_lost(self):
        losing = Losing(self.facade)
        session, store = self.registered(losing, now=late)
        first = store.tokens.refresh_token
        self.list(session)
        self.assertEqual(len(losing.lost), 1)
        self.assertEqual(store.tokens.refresh_token, losing.lost[0].tokens.refresh_token, "the same successor")
        self.assertNotEqual(store.tokens.refresh_token, first)
        self.list(session)  # and nobody took it for theft

    def test_threads_that_need_a_new_token_share_one_refresh(self):
        session, store = self.registered()
        store.saved.clear()
        # A token that is no good any more, seen by all at once.
        session._tokens.access_expire_time.seconds = 0  # pylint: disable=protected-access
        failures = []

        def work():
            try:
                self.list(session)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(store.saved), 1)

    def test_takes_over_what_another_process_of_ours_has_stored(self):
        session, store = self.registered(now=late)
        other = Session(self.facade, store, now=late)
        other.resume()
        for _ in range(2):
            self.list(other)
        self.list(session)  # SUPERSEDED, and goes on with the other's
        self.assertEqual(len(store.saved), 3, "nothing was stored over it")

    def test_keeps_its_token_while_the_facade_is_away(self):
        channel, away = facade("127.0.0.1:1")
        self.addCleanup(channel.close)
        _, store = self.registered()
        session = Session(away, store, now=late)
        session.resume()
        with self.assertRaises(Refusal) as refused:
            self.list(session)
        self.assertEqual(refused.exception.code, grpc.StatusCode.UNAVAILABLE)
        self.assertIsNotNone(store.tokens)

    def test_asks_for_a_login_when_the_session_was_ended_elsewhere(self):
        session, store = self.registered()
        other = Session(self.facade, MemoryStore())
        other._tokens = auth_pb2.Tokens.FromString(store.tokens.SerializeToString())  # pylint: disable=protected-access
        other.logout()
        ended, give_up = None, time.time() + 60
        while ended is None and time.time() < give_up:
            try:
                self.list(session)
            except LoginRequired as error:
                ended = error
        self.assertEqual(ended.reason, "SESSION_ENDED")
        self.assertIsNone(store.tokens)

    def test_keeps_tokens_in_a_file_that_is_the_owners_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tokens"
            file = TokenFile(path)
            self.assertIsNone(file.load())
            for token in ("one", "two"):
                file.save(auth_pb2.Tokens(refresh_token=token))
            self.assertEqual(file.load().refresh_token, "two")
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            file.clear()
            file.clear()
            self.assertIsNone(file.load())

    def test_does_all_of_it_from_the_command_line_without_printing_a_token(self):
        with tempfile.TemporaryDirectory() as folder:
            password = pathlib.Path(folder) / "password"
            password.write_text(PASSWORD + "\n")

            def run(*flags):
                return subprocess.run(
                    ["/usr/bin/python3", EXAMPLE / "main.py", "--generated", os.environ["GENERATED"], "--certs", CERTS, "--facade",
                     os.environ["SUITE_AUTH"], "--notes", os.environ["SUITE_NOTES"], "--tokens", f"{folder}/tokens", *flags],
                    capture_output=True, text=True, check=False)

            somebody = email()
            first = run("--email", somebody, "--password-file", password, "--register")
            self.assertEqual(first.returncode, 0, first.stderr)
            second = run("--logout")
            self.assertEqual(second.returncode, 0, second.stderr)
            self.assertEqual(second.stdout.count("written by the Python example"), 2)
            third = run("--email", f"x{somebody}", "--password-file", password)
            self.assertEqual(third.returncode, 1)
            self.assertTrue(third.stderr.startswith("refused: INVALID_CREDENTIALS: "), third.stderr)
            for said in (first, second, third):
                self.assertNotRegex(said.stdout + said.stderr, "tfr_|eyJ")


if __name__ == "__main__":
    unittest.main()
