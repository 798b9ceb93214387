"""examples/python where access tokens end after a second (and the leeway of 30 s), and a replay is theft after another second."""

import time
import unittest

from suite import PASSWORD, MemoryStore, email, facade, notes

import notes_pb2
from refusal import Refusal
from session import LoginRequired, Session
from tokenforge.auth.v1 import auth_pb2


class ExpiryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.facade_channel, cls.facade = facade()
        cls.notes_channel, cls.notes = notes()
        cls.addClassCleanup(cls.facade_channel.close)
        cls.addClassCleanup(cls.notes_channel.close)

    def list(self, session):
        session.call(self.notes.ListNotes, notes_pb2.ListNotesRequest())

    def test_goes_on_with_a_new_token_when_the_old_one_is_refused(self):
        store = MemoryStore()
        session = Session(self.facade, store, now=lambda: 0)  # its clock stands: it is told by the refusal
        session.register(email(), PASSWORD)
        give_up = time.time() + 120
        while len(store.saved) < 2 and time.time() < give_up:
            self.list(session)  # each is answered, also the one that is refused first
            time.sleep(0.1)
        self.assertEqual(len(store.saved), 2)

    def test_asks_for_a_login_when_its_token_was_stolen(self):
        store, somebody = MemoryStore(), email()
        session = Session(self.facade, store, now=lambda: 1 << 40)  # every token is about to end
        session.register(somebody, PASSWORD)
        token = store.tokens.refresh_token
        for _ in range(2):  # the thief uses it, and its successor
            token = self.facade.Refresh(auth_pb2.RefreshRequest(refresh_token=token), timeout=10).tokens.refresh_token
        # Within the grace the replay is harmless, and the client keeps what it has; afterwards it betrays the theft.
        ended, give_up = None, time.time() + 60
        while ended is None and time.time() < give_up:
            try:
                self.list(session)
            except Refusal as refusal:
                self.assertEqual(refusal.reason, "REFRESH_TOKEN_SUPERSEDED")
                self.assertIsNotNone(store.tokens)
            except LoginRequired as error:
                ended = error
        self.assertEqual(ended.reason, "REFRESH_TOKEN_REUSED")
        self.assertIsNone(store.tokens)
        session.login(somebody, PASSWORD)
        self.assertIsNotNone(store.tokens)


if __name__ == "__main__":
    unittest.main()
