// Signing keys change while a standard library keeps its own copy of the JWKS: no token is refused on the way.
//
// The keys service opens its methods to the façade alone, so this test comes with the façade's certificate.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, describe, it} from 'node:test';
import {createRemoteJWKSet, decodeProtectedHeader, jwtVerify} from 'jose';
import {authClient, call, credentialsOf, keysClient, refusal, Refusal, suite} from './suite.js';

const jwksUrl = new URL(`${suite.http}/.well-known/jwks.json`);
const kidOf = (token) => decodeProtectedHeader(token).kid;
const kidsOf = (jwks) => jwks.keys.map((key) => key.kid);

// Asks again until the answer is what it should become, at most 20 s.
async function eventually(what, attempt) {
  const giveUp = Date.now() + 20_000;
  while (true) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    assert.ok(Date.now() < giveUp, `not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('jose follows a key rotation through the JWKS', () => {
  let auth, keyService, person, remote, first;

  before(async () => {
    auth = authClient(credentialsOf('app'));
    keyService = keysClient(credentialsOf('auth'));
    person = {email: `rotation.${randomUUID()}@example.org`, password: 'correct horse battery'};
    first = (await call(auth, 'Register', person)).tokens.access_token;
    // Its default: the set is kept for ten minutes, or fetched anew for an unknown key, but then at most every 30 s. The
    // latter would make this test wait.
    remote = createRemoteJWKSet(jwksUrl, {cooldownDuration: 0});
  });
  after(() => [auth, keyService].forEach((client) => client.close()));

  const verify = (token) => jwtVerify(token, remote, {issuer: suite.http, audience: 'tokenforge', typ: 'at+jwt'});
  const login = async () => (await call(auth, 'Login', person)).tokens.access_token;

  // Not before every connected guard enforces the next key, which the service itself sees to: nothing is forced.
  const rotate = () => eventually('every guard acknowledged the next key', async () => {
    try {
      return await call(keyService, 'RotateKey', {reason: 'interop test'});
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'KEY_NOT_ACKNOWLEDGED') return undefined;
      throw error;
    }
  });

  const published = (kid) => eventually(`${kid} is published`, async () => {
    const jwks = await (await fetch(jwksUrl)).json();
    return kidsOf(jwks).includes(kid) ? jwks : undefined;
  });

  it('needs no new copy for the key that comes next: it was published before it signed', async () => {
    await verify(first);
    const copy = remote.jwks();
    const {active, next} = await rotate();
    assert.notEqual(active.kid, kidOf(first));
    const second = await login();
    assert.equal(kidOf(second), active.kid);
    assert.ok(kidsOf(copy).includes(active.kid), 'the copy of before the rotation holds the new key');
    await verify(second);
    assert.deepEqual(remote.jwks(), copy, 'and was not fetched anew');
    await published(next.kid);
  });

  it('fetches the set anew for a key that its copy has not, and still trusts the retired ones', async () => {
    const copy = remote.jwks();
    const second = await login();
    const {active} = await rotate();
    const third = await login();
    assert.equal(kidOf(third), active.kid);
    assert.ok(!kidsOf(copy).includes(active.kid));
    await verify(third);
    assert.notDeepEqual(kidsOf(remote.jwks()), kidsOf(copy));
    for (const token of [first, second]) await verify(token);
    assert.equal(new Set([first, second, third].map(kidOf)).size, 3);
  });

  it('tells old keys from new ones by what the keys service lists', async () => {
    const {keys} = await call(keyService, 'ListKeys', {});
    const states = keys.map((key) => key.state);
    assert.equal(states.filter((state) => state === 'ACTIVE').length, 1);
    assert.equal(states.filter((state) => state === 'NEXT').length, 1);
    assert.equal(states.filter((state) => state === 'RETIRED').length, 2);
    const jwks = await published(keys.find((key) => key.state === 'NEXT').kid);
    assert.deepEqual(kidsOf(jwks).sort(), keys.map((key) => key.kid).sort());
  });

  it('refuses the tokens of a revoked key once it has the new set', async () => {
    await call(keyService, 'RevokeKey', {kid: kidOf(first), reason: 'interop test'});
    await eventually('the key is gone from the JWKS', async () => {
      const jwks = await (await fetch(jwksUrl)).json();
      return kidsOf(jwks).includes(kidOf(first)) ? undefined : jwks;
    });
    await remote.reload();
    await assert.rejects(verify(first), {code: 'ERR_JWKS_NO_MATCHING_KEY'});
    const error = await refusal(call(auth, 'WhoAmI', {}, first));
    assert.ok(['TOKEN_REVOKED', 'TOKEN_UNKNOWN_KEY'].includes(error.reason), error.reason);
    await verify(await login());
  });
});
