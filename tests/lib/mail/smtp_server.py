"""A mail server for tests: aiosmtpd on a free port of 127.0.0.1, told what to do by lines of JSON on standard input.

Arguments: [CERTIFICATE KEY]: with them it offers STARTTLS, and wants it and a login (user "mailer", password "a mail secret").
Each line of input replaces its behaviour and is answered by {"set": true}:
  {"rcpt": "550 no such user"}   the answer to RCPT TO
  {"data": "451 try later"}      the answer to a whole mail, which is then not kept
  {"hold": true}                 answers nothing to a whole mail until the next line of input
  {"cut": true}                  keeps a whole mail and closes the connection instead of answering
It writes a line of JSON for everything that happens: {"port": N}, {"held": true},
{"mail": {"from": …, "to": […], "tls": true, "bytes": …}}.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**event):
    print(json.dumps(event), flush=True)


class Desk:
    def __init__(self):
        self.behaviour = {}
        self.changed = asyncio.Event()

    def set(self, line):
        self.behaviour = json.loads(line)
        self.changed.set()
        self.changed = asyncio.Event()
        say(set=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.behaviour.get("rcpt")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.behaviour.get("hold"):
            changed = self.changed
            say(held=True)
            await changed.wait()
        answer = self.behaviour.get("data")
        if answer:
            return answer
        say(mail={"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                  "bytes": envelope.content.decode("ascii")})
        if self.behaviour.get("cut"):
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, login):
    good = login.login == b"mailer" and login.password == b"a mail secret"
    return AuthResult(success=good, handled=good)


async def main():
    desk = Desk()
    options = {}
    if len(sys.argv) == 3:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[1], sys.argv[2])
        options = {"tls_context": tls, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(desk, loop=loop, hostname="mail.test", **options), "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        desk.set(line)


asyncio.run(main())
