// examples/gateway: a browser's forms and cookies become calls of the façade.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, describe, it} from 'node:test';
import {generate} from 'otplib';
import {Browser} from './browser.js';
import {ExampleServer} from './example_server.js';
import {authClient, call, credentialsOf, suite} from './suite.js';

describe('examples/gateway', () => {
  let auth, server;
  const person = () => ({email: `${randomUUID()}@example.org`, password: 'correct horse battery staple', given_name: 'Ada'});

  before(async () => {
    auth = authClient(credentialsOf('app'));
    server = await ExampleServer.start('gateway/gateway', '--facade', suite.auth, '--port', '0', '--origin', 'https://localhost');
  });
  after(async () => {
    auth?.close();
    await server?.stop();
  });

  function browser(options) {
    const made = new Browser(server.address, options);
    made.origin = 'https://localhost';
    return made;
  }
  async function registered() {
    const [visitor, ada] = [browser(), person()];
    const answer = await visitor.post('/register', ada);
    assert.equal(answer.status, 303, answer.text);
    return {visitor, ada};
  }

  it('shows pages without scripts, that nobody may frame or keep', async () => {
    const page = await browser().get('/');
    assert.equal(page.status, 200);
    assert.match(page.text, /action="\/login"/);
    assert.match(page.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.ok(page.headers['strict-transport-security']);
  });

  it('registers, knows the person by cookies, and logs out', async () => {
    const {visitor, ada} = await registered();
    assert.deepEqual([...visitor.cookies.keys()].sort(), ['__Host-access', '__Host-refresh']);
    const me = await visitor.get('/me');
    assert.equal(JSON.parse(me.text).user.email, ada.email);
    const before = new Map(visitor.cookies);
    assert.equal((await visitor.post('/logout')).status, 303);
    assert.equal(visitor.cookies.size, 0);
    // The session is gone, not just the cookies.
    visitor.cookies = before;
    const refused = await visitor.get('/me');
    assert.equal(refused.status, 401);
    assert.match(refused.text, /^SESSION_ENDED: /);
    assert.equal(visitor.cookies.size, 0, 'cookies that are of no use any more are dropped');
  });

  it('refuses who is not logged in, and a wrong password', async () => {
    const {ada} = await registered();
    assert.equal((await browser().get('/me')).status, 401);
    const refused = await browser().post('/login', {...ada, password: 'wrong'});
    assert.equal(refused.status, 401);
    assert.match(refused.text, /^INVALID_CREDENTIALS: /);
  });

  it('logs in', async () => {
    const {ada} = await registered();
    const visitor = browser();
    const answer = await visitor.post('/login', ada);
    assert.equal(answer.headers.location, '/');
    assert.equal(JSON.parse((await visitor.get('/me')).text).user.email, ada.email);
  });

  it('takes no form of another site, and no password in an address', async () => {
    const {ada} = await registered();
    assert.equal((await browser().post('/login', ada, {origin: 'https://evil.example'})).status, 403);
    assert.equal((await browser().post(`/login?${new URLSearchParams(ada)}`, ada)).status, 400);
  });

  it('refreshes when the access token is gone or no good, and an answer that was lost costs nothing', async () => {
    const {visitor, ada} = await registered();
    const old = visitor.cookies.get('__Host-refresh');
    visitor.cookies.set('__Host-access', 'rubbish');
    assert.equal((await visitor.get('/me')).status, 200);
    const successor = visitor.cookies.get('__Host-refresh');
    assert.notEqual(successor, old);
    // The browser never saw that answer, and comes with the old cookie.
    visitor.cookies = new Map([['__Host-refresh', old]]);
    assert.equal(JSON.parse((await visitor.get('/me')).text).user.email, ada.email);
    assert.equal(visitor.cookies.get('__Host-refresh'), successor);
  });

  it('keeps the newer cookie of another tab', async () => {
    const {visitor} = await registered();
    const old = visitor.cookies.get('__Host-refresh');
    for (let i = 0; i < 2; ++i) {
      visitor.cookies.delete('__Host-access');
      assert.equal((await visitor.get('/me')).status, 200);
    }
    visitor.cookies = new Map([['__Host-refresh', old]]);
    assert.match((await visitor.get('/me')).text, /^REFRESH_TOKEN_SUPERSEDED: /);
    assert.equal(visitor.cookies.get('__Host-refresh'), old, 'nothing was dropped');
  });

  it('asks for the second factor', async () => {
    const {visitor, ada} = await registered();
    const token = visitor.cookies.get('__Host-access');
    const {secret} = await call(auth, 'EnrollTotp', {}, token);
    const {recovery_codes: [code]} = await call(auth, 'ConfirmTotp', {code: await generate({secret})}, token);
    const phone = browser();
    assert.equal((await phone.post('/login', ada)).headers.location, '/code');
    assert.deepEqual([...phone.cookies.keys()], ['__Host-challenge']);
    assert.match((await phone.post('/code', {code: 'not-a-code'})).text, /^CODE_INVALID: /);
    assert.equal((await phone.post('/code', {code})).headers.location, '/');
    assert.equal(JSON.parse((await phone.get('/me')).text).user.email, ada.email);
  });

  it('lets the façade count guesses by the address of the person, and says when to come again', async () => {
    const {ada} = await registered();
    const guesser = browser({from: '127.0.0.9'});
    let refused;
    for (let i = 0; i < 6; ++i) refused = await guesser.post('/login', {...ada, password: `guess ${i}`});
    assert.equal(refused.status, 429, refused.text);
    assert.match(refused.text, /^RATE_LIMITED: /);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    // Its owner, elsewhere, is none the worse for it; an address that the guesser makes up is of no use to him.
    assert.equal((await browser().post('/login', ada)).status, 303);
    assert.equal((await guesser.post('/login', ada, {'x-forwarded-for': '192.0.2.1'})).status, 429);
  });

  it('says so when the façade is away, and nothing of the network', async () => {
    const lost = await ExampleServer.start('gateway/gateway', '--facade', '127.0.0.1:1', '--port', '0', '--origin', 'https://localhost');
    const visitor = new Browser(lost.address);
    visitor.origin = 'https://localhost';
    const answer = await visitor.post('/login', person());
    assert.equal(answer.status, 503);
    assert.doesNotMatch(answer.text, /127\.0\.0\.1/);
    assert.equal(await lost.stop(), 0);
  });

  it('ends with 0', async () => { assert.equal(await server.stop(), 0, server.errors); });
});
