// Our access tokens, verified by a standard library from the discovery document and the JWKS alone.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {before, describe, it} from 'node:test';
import {createRemoteJWKSet, decodeProtectedHeader, jwtVerify} from 'jose';
import {authClient, call, credentialsOf, suite} from './suite.js';

async function getJson(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return {response, body: await response.json()};
}

describe('jose verifies our access tokens', () => {
  let token, userId, discovery, keys;
  const wanted = () => ({issuer: suite.http, audience: 'tokenforge', typ: 'at+jwt', requiredClaims: ['exp', 'iat', 'jti', 'sub', 'sid', 'client_id']});

  before(async () => {
    const client = authClient(credentialsOf('app'));
    const answer = await call(client, 'Register', {email: `jose.${randomUUID()}@example.org`, password: 'correct horse battery'});
    token = answer.tokens.access_token;
    userId = answer.user.user_id;
    client.close();
    discovery = (await getJson(`${suite.http}/.well-known/openid-configuration`)).body;
    keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
  });

  it('finds the issuer and the keys through discovery', () => {
    assert.equal(discovery.issuer, suite.http);
    assert.equal(discovery.jwks_uri, `${suite.http}/.well-known/jwks.json`);
    // What OpenID Connect Discovery 1.0, section 3, requires of any provider.
    for (const member of ['response_types_supported', 'subject_types_supported', 'id_token_signing_alg_values_supported']) {
      assert.ok(Array.isArray(discovery[member]), member);
    }
  });

  it('verifies signature, issuer, audience, type and times', async () => {
    const {payload, protectedHeader} = await jwtVerify(token, keys, wanted());
    assert.equal(payload.sub, userId);
    assert.equal(payload.client_id, 'spiffe://tokenforge.local/app');
    assert.equal(protectedHeader.typ, 'at+jwt');
    assert.equal(payload.exp - payload.iat, 900);
  });

  it('refuses them for another audience or issuer, and when tampered with', async () => {
    await assert.rejects(jwtVerify(token, keys, {...wanted(), audience: 'elsewhere'}), {code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'});
    await assert.rejects(jwtVerify(token, keys, {...wanted(), issuer: 'https://example.org'}), {code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'});
    const [header, claims, signature] = token.split('.');
    const other = Buffer.from(claims, 'base64url').toString().replace(userId, randomUUID());
    const forged = [header, Buffer.from(other).toString('base64url'), signature].join('.');
    await assert.rejects(jwtVerify(forged, keys, wanted()), {code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'});
  });

  it('publishes public members only, and the key that signed', async () => {
    const {body} = await getJson(discovery.jwks_uri);
    const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
    for (const key of body.keys) {
      assert.deepEqual(Object.keys(key).filter((member) => secret.includes(member)), []);
      assert.equal(key.use, 'sig');
    }
    assert.ok(body.keys.some((key) => key.kid === decodeProtectedHeader(token).kid));
    assert.ok(body.keys.length >= 2, 'one active key and the next one');
  });

  it('lets caches keep the JWKS and answers 304 to who has it', async () => {
    const {response} = await getJson(discovery.jwks_uri);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=300, stale-if-error=86400');
    const tag = response.headers.get('etag');
    assert.ok(tag);
    const again = await fetch(discovery.jwks_uri, {headers: {'if-none-match': tag}});
    assert.equal(again.status, 304);
  });
});
