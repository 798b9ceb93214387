// Standard OpenID Connect and OAuth libraries find us through discovery, and check our access tokens as RFC 9068 says.
import './web_platform.js';
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {createServer} from 'node:http';
import {before, describe, it} from 'node:test';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import {authClient, call, credentialsOf, suite} from './suite.js';

// The suite speaks plain HTTP on loopback; the libraries want to be told that this is meant.
const plain = {execute: [oidc.allowInsecureRequests]};
const discover = (url) => oidc.discovery(new URL(url), 'interop', undefined, oidc.None(), plain);

describe('openid-client discovers us', () => {
  it('from the issuer alone', async () => {
    const found = (await discover(suite.http)).serverMetadata();
    assert.equal(found.issuer, suite.http);
    assert.equal(found.jwks_uri, `${suite.http}/.well-known/jwks.json`);
    assert.ok(found.supportsPKCE, 'metadata was read into the library\'s own form');
  });

  it('from the URL of the document', async () => {
    const found = (await discover(`${suite.http}/.well-known/openid-configuration`)).serverMetadata();
    assert.equal(found.issuer, suite.http);
  });

  it('and refuses our document from an address that is not the issuer', async () => {
    const document = await (await fetch(`${suite.http}/.well-known/openid-configuration`)).text();
    const elsewhere = createServer((_, response) => response.setHeader('content-type', 'application/json').end(document));
    await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    await assert.rejects(discover(`http://127.0.0.1:${elsewhere.address().port}`), {code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'});
    elsewhere.close();
  });
});

describe('a resource server of oauth4webapi checks our access tokens', () => {
  let server, token, userId;
  const request = (bearer) => new Request('http://resource.example/', {headers: {authorization: `Bearer ${bearer}`}});
  const validate = (bearer, audience) =>
    oauth.validateJwtAccessToken(server, request(bearer), audience, {[oauth.allowInsecureRequests]: true});

  before(async () => {
    server = (await discover(suite.http)).serverMetadata();
    const client = authClient(credentialsOf('app'));
    const answer = await call(client, 'Register', {email: `oidc.${randomUUID()}@example.org`, password: 'correct horse battery'});
    token = answer.tokens.access_token;
    userId = answer.user.user_id;
    client.close();
  });

  it('and takes every required claim of RFC 9068 from them', async () => {
    const claims = await validate(token, 'tokenforge');
    assert.equal(claims.iss, suite.http);
    assert.equal(claims.sub, userId);
    assert.equal(claims.client_id, 'spiffe://tokenforge.local/app');
    assert.equal(claims.exp - claims.iat, 900);
  });

  it('and refuses them for another audience, and when tampered with', async () => {
    await assert.rejects(validate(token, 'elsewhere'), {code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'});
    const [header, claims, signature] = token.split('.');
    const other = Buffer.from(claims, 'base64url').toString().replace(userId, randomUUID());
    const forged = [header, Buffer.from(other).toString('base64url'), signature].join('.');
    await assert.rejects(validate(forged, 'tokenforge'), {code: 'OAUTH_INVALID_RESPONSE'});
  });
});
