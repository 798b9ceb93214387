// The examples where access tokens end after a second (and the leeway of 30 s), and a replay is theft after another second.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {LoginRequired} from '../../../examples/node/session.js';
import {exampleClients, MemoryStore, person, sessionOf} from './example_client.js';
import {ExampleServer, guardFlags} from './example_server.js';
import {Conversation, roomsClient} from './rooms.js';
import {authClient, call, credentialsOf, refusal} from './suite.js';

describe('examples whose tokens end', {concurrency: true}, () => {
  let auth, clients;
  before(() => {
    auth = authClient(credentialsOf('app'));
    clients = exampleClients();
  });
  after(() => {
    auth.close();
    clients.close();
  });

  it('a stream ends with its token', async () => {
    const server = await ExampleServer.start('streaming/rooms-server', ...guardFlags());
    const rooms = roomsClient(server.address);
    const {tokens} = await call(auth, 'Register', person());
    const metadata = roomsClient.metadata(tokens.access_token);
    const streams = [rooms.Listen({room: 'hall'}, metadata), rooms.Converse(metadata)];
    const opened = await Promise.all([Conversation.open(streams[0]), Conversation.open(streams[1], {room: 'hall'})]);
    for (const {end} of opened) assert.equal((await end).code, 'UNAUTHENTICATED');
    // Nobody begins another one with it.
    assert.equal((await Conversation.refused(rooms.Listen({room: 'hall'}, metadata))).reason, 'TOKEN_EXPIRED');
    rooms.close();
    assert.equal(await server.stop(), 0, server.errors);
  });

  it('the Node.js client goes on with a new token when the old one is refused', async () => {
    const store = new MemoryStore();
    const session = sessionOf({facade: clients.facade, store, now: () => 0});  // its clock stands: it is told by the refusal
    await session.register(person());
    const giveUp = Date.now() + 120_000;
    // Each call is answered, also the one that is refused first.
    while (store.saved.length < 2 && Date.now() < giveUp) {
      await session.call(clients.notes, 'ListNotes');
      await pause(100);
    }
    assert.equal(store.saved.length, 2);
    assert.equal((await refusal(call(auth, 'WhoAmI', {}, store.saved[0].access_token))).reason, 'TOKEN_EXPIRED');
  });

  it('the Node.js client logs in again when its token was stolen, and the thief has nothing', async () => {
    const [store, somebody] = [new MemoryStore(), person()];
    const session = sessionOf({facade: clients.facade, store, now: () => Number.MAX_SAFE_INTEGER});  // always about to end
    await session.register(somebody);
    // The thief uses the token that was stolen, and its successor.
    const {tokens: stolen} = await call(auth, 'Refresh', {refresh_token: store.tokens.refresh_token});
    const {tokens: last} = await call(auth, 'Refresh', {refresh_token: stolen.refresh_token});
    // Within the grace the client's replay is harmless, and it keeps what it has; afterwards it betrays the theft.
    const giveUp = Date.now() + 60_000;
    let ended;
    do {
      ended = await session.call(clients.notes, 'ListNotes').catch((error) => error);
    } while (ended.reason === 'REFRESH_TOKEN_SUPERSEDED' && store.tokens !== undefined && Date.now() < giveUp);
    assert.ok(ended instanceof LoginRequired, String(ended));
    assert.equal(ended.reason, 'REFRESH_TOKEN_REUSED');
    assert.equal(store.tokens, undefined);
    assert.equal((await refusal(call(auth, 'Refresh', {refresh_token: last.refresh_token}))).reason, 'SESSION_ENDED');
    await session.login(somebody.email, somebody.password);
    assert.ok(store.tokens);
  });
});
