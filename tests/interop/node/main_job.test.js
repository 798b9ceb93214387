// The main job, step by step, as a gateway written by somebody else would do it.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, describe, it} from 'node:test';
import {authClient, call, collect, credentialsOf, credentialsWithoutCertificate, notesClient, refusal, usersClient} from './suite.js';

const person = {email: `Ada.${randomUUID()}@Example.org`, password: 'correct horse battery', given_name: 'Ada', family_name: 'Lovelace'};
const device = {name: 'interop', user_agent: 'grpc-js', ip_address: '192.0.2.7'};

function assertRefused(error, code, reason) {
  assert.equal(error.code, code, error.message);
  assert.equal(error.reason, reason, error.message);
  assert.equal(error.statusCode, code, 'grpc-status-details-bin repeats the code');
  assert.equal(error.details.ErrorInfo.domain, 'tokenforge');
  assert.match(error.details.RequestInfo.serving_data, /^[0-9a-f]{32}$/, 'the trace to ask the operators about');
}

describe('the main job over mutual TLS', () => {
  let auth, notes, tokens, first;

  before(() => {
    auth = authClient(credentialsOf('app'));
    notes = notesClient(credentialsOf('app'));
  });
  after(() => [auth, notes].forEach((client) => client.close()));

  it('registers a person and gives tokens', async () => {
    const answer = await call(auth, 'Register', {...person, device});
    assert.equal(answer.user.email, person.email.toLowerCase());
    assert.match(answer.user.user_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(answer.tokens.token_type, 'Bearer');
    assert.match(answer.tokens.refresh_token, /^tfr_/);
  });

  it('refuses the same address again, in any case', async () => {
    const error = await refusal(call(auth, 'Register', {...person, email: person.email.toUpperCase(), device}));
    assertRefused(error, 'ALREADY_EXISTS', 'EMAIL_TAKEN');
  });

  it('names every fault of a bad request at once', async () => {
    const error = await refusal(call(auth, 'Register', {email: 'nobody', password: 'correct horse battery', given_name: 'x'.repeat(101)}));
    assertRefused(error, 'INVALID_ARGUMENT', 'INVALID_FIELD');
    const fields = error.details.BadRequest.field_violations.map((violation) => violation.field).sort();
    assert.deepEqual(fields, ['email', 'given_name']);
  });

  it('refuses a wrong password and an unknown address alike', async () => {
    const wrong = await refusal(call(auth, 'Login', {email: person.email, password: 'not the password', device}));
    const unknown = await refusal(call(auth, 'Login', {email: `x${person.email}`, password: person.password, device}));
    for (const error of [wrong, unknown]) assertRefused(error, 'UNAUTHENTICATED', 'INVALID_CREDENTIALS');
    assert.equal(wrong.text, unknown.text);
  });

  it('logs in', async () => {
    const answer = await call(auth, 'Login', {email: person.email, password: person.password, device});
    assert.equal(answer.outcome, 'tokens');
    tokens = answer.tokens;
    const me = await call(auth, 'WhoAmI', {}, tokens.access_token);
    assert.equal(me.user.email, person.email.toLowerCase());
    assert.equal(me.session_id, tokens.session_id);
  });

  it('calls a guarded server with the token', async () => {
    await call(notes, 'CreateNote', {text: 'remember the milk'}, tokens.access_token);
    const {notes: list} = await call(notes, 'ListNotes', {}, tokens.access_token);
    assert.ok(list.some((note) => note.text === 'remember the milk'));
    const streamed = await collect(notes, 'StreamNotes', {}, tokens.access_token);
    assert.ok(streamed.length > 0);
  });

  it('is refused there without a token, unary and streaming, and told how to come back', async () => {
    for (const attempt of [() => call(notes, 'ListNotes'), () => collect(notes, 'StreamNotes')]) {
      const error = await refusal(attempt());
      assertRefused(error, 'UNAUTHENTICATED', 'TOKEN_MISSING');
      assert.match(String(error.trailers.get('www-authenticate')[0]), /^Bearer/);
    }
  });

  it('is refused there with a token that was tampered with', async () => {
    const [header, claims, signature] = tokens.access_token.split('.');
    const forged = JSON.parse(Buffer.from(claims, 'base64url'));
    forged.roles = ['admin'];
    const body = Buffer.from(JSON.stringify(forged)).toString('base64url');
    assertRefused(await refusal(call(notes, 'ListNotes', {}, `${header}.${body}.${signature}`)), 'UNAUTHENTICATED', 'TOKEN_BAD_SIGNATURE');
    assertRefused(await refusal(call(notes, 'ListNotes', {}, 'rubbish')), 'UNAUTHENTICATED', 'TOKEN_MALFORMED');
  });

  it('is refused there what only administrators may do', async () => {
    const error = await refusal(call(notes, 'PurgeNotes', {}, tokens.access_token));
    assertRefused(error, 'PERMISSION_DENIED', 'ROLE_REQUIRED');
    assert.match(String(error.trailers.get('www-authenticate')[0]), /insufficient_scope/);
  });

  it('refreshes, and a lost answer costs nothing', async () => {
    first = tokens;
    const {tokens: second} = await call(auth, 'Refresh', {refresh_token: first.refresh_token});
    const {tokens: again} = await call(auth, 'Refresh', {refresh_token: first.refresh_token});
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(again.refresh_token, second.refresh_token, 'the same successor');
    assert.equal(second.session_id, first.session_id);
    tokens = second;
  });

  it('answers an old token within the grace harmlessly, and takes it for theft afterwards', async () => {
    const {tokens: third} = await call(auth, 'Refresh', {refresh_token: tokens.refresh_token});
    // Until the grace has passed, each replay is SUPERSEDED and harmless: so the replay itself tells when it is over.
    let error;
    const giveUp = Date.now() + 60_000;
    do {
      error = await refusal(call(auth, 'Refresh', {refresh_token: first.refresh_token}));
      assert.equal(error.code, 'UNAUTHENTICATED', error.message);
      await new Promise((resolve) => setTimeout(resolve, 250));
    } while (error.reason === 'REFRESH_TOKEN_SUPERSEDED' && Date.now() < giveUp);
    assertRefused(error, 'UNAUTHENTICATED', 'REFRESH_TOKEN_REUSED');
    assertRefused(await refusal(call(auth, 'Refresh', {refresh_token: third.refresh_token})), 'UNAUTHENTICATED', 'SESSION_ENDED');
    assertRefused(await refusal(call(auth, 'WhoAmI', {}, third.access_token)), 'UNAUTHENTICATED', 'TOKEN_REVOKED');
  });

  it('lists sessions, and ends one of them', async () => {
    ({tokens} = await call(auth, 'Login', {email: person.email, password: person.password, device}));
    const other = (await call(auth, 'Login', {email: person.email, password: person.password, device})).tokens;
    const {sessions} = await call(auth, 'ListSessions', {}, tokens.access_token);
    assert.deepEqual(sessions.map((session) => session.session_id).sort(), [tokens.session_id, other.session_id].sort());
    assert.deepEqual(sessions.filter((session) => session.current).map((session) => session.session_id), [tokens.session_id]);
    await call(auth, 'RevokeSession', {session_id: other.session_id}, tokens.access_token);
    assertRefused(await refusal(call(auth, 'WhoAmI', {}, other.access_token)), 'UNAUTHENTICATED', 'TOKEN_REVOKED');
  });

  it('introspects a token for those who cannot verify it', async () => {
    const live = await call(auth, 'Introspect', {token: tokens.access_token});
    assert.equal(live.active, true);
    assert.equal(live.sid, tokens.session_id);
    const dead = await call(auth, 'Introspect', {token: 'rubbish'});
    assert.deepEqual({...dead, aud: [], roles: []},
                     {active: false, scope: '', client_id: '', username: '', token_type: '', exp: '0', iat: '0', nbf: '0',
                      sub: '', aud: [], iss: '', jti: '', sid: '', roles: []});
  });

  it('logs out, and the old access token stops working everywhere', async () => {
    await call(notes, 'ListNotes', {}, tokens.access_token);
    await call(auth, 'Logout', {}, tokens.access_token);
    assertRefused(await refusal(call(auth, 'WhoAmI', {}, tokens.access_token)), 'UNAUTHENTICATED', 'TOKEN_REVOKED');
    assertRefused(await refusal(call(auth, 'Refresh', {refresh_token: tokens.refresh_token})), 'UNAUTHENTICATED', 'SESSION_ENDED');
    assert.equal((await call(auth, 'Introspect', {token: tokens.access_token})).active, false);
    // The other server hears of it within moments.
    const giveUp = Date.now() + 15_000;
    let outcome;
    do {
      outcome = await call(notes, 'ListNotes', {}, tokens.access_token).then(() => undefined, (error) => error);
    } while (outcome === undefined && Date.now() < giveUp);
    assert.ok(outcome, 'the guarded server still answers after 15 s');
    assertRefused(outcome, 'UNAUTHENTICATED', 'TOKEN_REVOKED');
  });

  it('completes no login that was not begun', async () => {
    assertRefused(await refusal(call(auth, 'CompleteLogin', {challenge: 'x', totp_code: '123456'})), 'UNAUTHENTICATED', 'CHALLENGE_INVALID');
  });
});

describe('who may connect', () => {
  it('refuses a client without a certificate', async () => {
    const client = authClient(credentialsWithoutCertificate());
    const error = await refusal(call(client, 'Login', {email: person.email, password: person.password}));
    assert.equal(error.code, 'UNAVAILABLE');
    client.close();
  });

  it('refuses a known peer that has no business with an internal service', async () => {
    const client = usersClient(credentialsOf('app'));
    assertRefused(await refusal(call(client, 'GetUserByEmail', {email: person.email})), 'PERMISSION_DENIED', 'PEER_NOT_ALLOWED');
    client.close();
  });
});
