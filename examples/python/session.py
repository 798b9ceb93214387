"""A person's login, from register or login to logout: keeps the tokens fresh and makes calls with them. Thread-safe.

A refresh token is good once, and a used one that comes back looks like theft: then all sessions of the person end. So there is one
refresh at a time, the old token stays stored until the new one is, and a lost answer is asked for again with the same token at once:
within 30 s the façade gives the same successor.
"""

import threading
import time

import grpc
from refusal import MAY_BE_DONE, Refusal, call
from tokenforge.auth.v1 import auth_pb2

# Refused for a token that a refresh replaces. With other reasons of TOKEN_… something is wrong that again will not help.
STALE = {"TOKEN_EXPIRED", "TOKEN_REVOKED", "TOKEN_UNKNOWN_KEY"}
EARLY = 30  # seconds before the access token ends in which it is refreshed: clocks differ, calls take time
ATTEMPTS = 3  # of 5 s each: within the 30 s in which a lost answer comes again


class LoginRequired(Exception):
    """There is no session any more; reason says why. Ask the person to log in."""

    def __init__(self, reason):
        super().__init__(f"log in again: {reason}")
        self.reason = reason


class Session:
    def __init__(self, facade, store, device="example", now=time.time):
        """facade: an AuthServiceStub. store: load(), save(tokens) and clear(), as TokenFile has them. now: seconds since 1970."""
        self._facade = facade
        self._store = store
        self._device = auth_pb2.Device(name=device)
        self._now = now
        self._tokens = None
        self._lock = threading.Lock()  # one refresh at a time; who comes meanwhile waits for it

    def resume(self):
        """Goes on with a stored session; False when there is none."""
        self._tokens = self._store.load()
        return self._tokens is not None

    def register(self, email, password, given_name="", family_name=""):
        request = auth_pb2.RegisterRequest(
            email=email, password=password, given_name=given_name, family_name=family_name, device=self._device)
        self._keep(call(self._facade.Register, request).tokens)

    def login(self, email, password):
        """None, or an MfaChallenge when a second factor is due: then call complete_login."""
        request = auth_pb2.LoginRequest(email=email, password=password, device=self._device)
        answer = call(self._facade.Login, request)
        if answer.HasField("mfa_challenge"):
            return answer.mfa_challenge
        self._keep(answer.tokens)
        return None

    def complete_login(self, challenge, totp_code):
        request = auth_pb2.CompleteLoginRequest(challenge=challenge, totp_code=totp_code)
        self._keep(call(self._facade.CompleteLogin, request).tokens)

    def logout(self):
        try:
            self.call(self._facade.Logout, auth_pb2.LogoutRequest())
        except LoginRequired:
            pass  # it had ended; any other error leaves the session alive: try again
        self._forget()

    def call(self, method, request):
        """A call of a guarded server. A token that is stale is replaced, and the call made once more: a refused call did nothing."""
        token = self._fresh_token()
        try:
            return call(method, request, token)
        except Refusal as refusal:
            if refusal.reason not in STALE:
                raise
        return call(method, request, self._replaced(token))

    def _fresh_token(self):
        tokens = self._tokens
        if tokens is None:
            raise LoginRequired("nobody is logged in")
        if self._now() > tokens.access_expire_time.seconds - EARLY:
            return self._replaced(tokens.access_token)
        return tokens.access_token

    def _replaced(self, stale):
        with self._lock:
            if self._tokens is None:
                raise LoginRequired("nobody is logged in")
            if self._tokens.access_token == stale:  # else somebody was faster
                self._refresh()
            return self._tokens.access_token

    def _refresh(self):
        old = self._tokens.refresh_token
        try:
            self._keep(self._ask_again(auth_pb2.RefreshRequest(refresh_token=old, device=self._device)).tokens)
        except Refusal as refusal:
            if refusal.code != grpc.StatusCode.UNAUTHENTICATED:
                raise  # the old token is still the right one: come again later
            if refusal.reason == "REFRESH_TOKEN_SUPERSEDED":
                # Another process of ours was faster: its token is the one. Nothing was revoked; is it not stored yet, come again later.
                stored = self._store.load()
                if stored is None or stored.refresh_token == old:
                    raise
                self._tokens = stored
                return
            # REFRESH_TOKEN_REUSED, SESSION_ENDED, …: nothing that is kept here is of use to anybody.
            self._forget()
            raise LoginRequired(refusal.reason) from None

    def _ask_again(self, request):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call(self._facade.Refresh, request, seconds=5)
            except Refusal as refusal:
                if attempt == ATTEMPTS or refusal.code not in MAY_BE_DONE:
                    raise

    def _keep(self, tokens):
        # In use first: a disk that is full must not make the one good token a lost one.
        self._tokens = tokens
        self._store.save(tokens)

    def _forget(self):
        self._tokens = None
        self._store.clear()
