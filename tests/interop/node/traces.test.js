// The spans of a Login, as OpenTelemetry's own code reads them (collector.js).
import assert from 'node:assert/strict';
import {randomBytes, randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {after, before, describe, it} from 'node:test';
import {setTimeout} from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import {authClient, call, credentialsOf} from './suite.js';

const SERVER = 2, CLIENT = 3;

function received() {
  try {
    return readFileSync(process.env.INTEROP_SPANS, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

// Services export at their own time: waits until all four have sent what is asked for, for a minute at most.
async function spansOf(trace, enough) {
  for (const until = Date.now() + 60_000;; await setTimeout(100)) {
    const spans = received().filter((span) => span.trace === trace);
    if (enough(spans) || Date.now() > until) return spans;
  }
}

describe('traces over OTLP', () => {
  const trace = randomBytes(16).toString('hex'), caller = randomBytes(8).toString('hex');
  let auth, spans;

  before(async () => {
    auth = authClient(credentialsOf('app'));
    const person = {email: `ada.${randomUUID()}@example.org`, password: 'correct horse battery'};
    await call(auth, 'Register', person);
    const metadata = new grpc.Metadata();
    metadata.set('traceparent', `00-${trace}-${caller}-01`);
    await new Promise((resolve, reject) => auth.Login(person, metadata, {deadline: Date.now() + 10_000},
        (error, answer) => error ? reject(error) : resolve(answer)));
    const services = ['auth', 'users', 'keys', 'sessions'];
    spans = await spansOf(trace, (some) => services.every((name) => some.some(
        (span) => span.kind === SERVER && span.resource['service.name'] === `tokenforge-${name}`)));
  });
  after(() => auth.close());

  it('are below the span of whoever called', () => {
    const roots = spans.filter((span) => span.parent === caller);
    assert.equal(roots.length, 1);
    assert.equal(roots[0].name, 'tokenforge.auth.v1.AuthService/Login');
    assert.equal(roots[0].resource['service.name'], 'tokenforge-auth');
    assert.equal(roots[0].scope, 'tokenforge');
  });

  it('show both ends of each call in order', () => {
    const servers = spans.filter((span) => span.kind === SERVER && span.parent !== caller);
    assert.ok(servers.length >= 3);
    for (const server of servers) {
      const client = spans.find((span) => span.id === server.parent);
      assert.ok(client, `an orphan: ${server.name}`);
      assert.equal(client.kind, CLIENT);
      assert.equal(client.name, server.name);
      assert.ok(BigInt(client.start) <= BigInt(client.end));
      assert.equal(client.attributes['rpc.response.status_code'], 'OK');
      assert.equal(typeof client.attributes['server.port'], 'number');
    }
  });

  it('show the stores', () => {
    const systems = new Set(spans.map((span) => span.attributes['db.system.name']).filter(Boolean));
    assert.deepEqual([...systems].sort(), ['redis', 'sqlite']);
  });
});
