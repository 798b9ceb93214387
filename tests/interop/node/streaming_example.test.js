// examples/streaming: streams that end when the session does, and rules that change while the server runs.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ExampleServer, guardFlags} from './example_server.js';
import {Conversation, roomsClient} from './rooms.js';
import {authClient, call, credentialsOf, refusal, suite} from './suite.js';

describe('examples/streaming', () => {
  let auth, rooms, server, folder, policy, ada, bob;

  async function somebody() {
    const person = {email: `${randomUUID()}@example.org`, password: 'correct horse battery staple'};
    const {user, tokens} = await call(auth, 'Register', person);
    return {id: user.user_id, token: tokens.access_token};
  }
  function setPolicy(rules) {
    writeFileSync(`${policy}.next`, JSON.stringify({rules}));
    renameSync(`${policy}.next`, policy);
  }
  const start = () => ExampleServer.start('streaming/rooms-server', ...guardFlags(), '--policy-file', policy);
  const listen = (room, who) => Conversation.open(rooms.Listen({room}, who.metadata));
  const converse = (room, who) => Conversation.open(rooms.Converse(who.metadata), {room});

  before(async () => {
    auth = authClient(credentialsOf('app'));
    folder = mkdtempSync(join(tmpdir(), 'tokenforge-rooms.'));
    policy = join(folder, 'policy.json');
    setPolicy({});
    server = await start();
    rooms = roomsClient(server.address);
    [ada, bob] = [await somebody(), await somebody()].map((who) => ({...who, metadata: roomsClient.metadata(who.token)}));
  });
  after(async () => {
    [auth, rooms].forEach((client) => client?.close());
    await server?.stop();
    rmSync(folder, {recursive: true, force: true});
  });

  it('begins no stream without a token', async () => {
    const streams = [rooms.Listen({room: 'hall'}), rooms.Converse()];
    for (const refused of await Promise.all(streams.map(Conversation.refused))) assert.equal(refused.reason, 'TOKEN_MISSING');
  });

  it('sends what one says to all in the room, under the name of the token', async () => {
    const [bobs, adas, elsewhere] = [await listen('hall', bob), await converse('hall', ada), await listen('cellar', bob)];
    adas.stream.write({text: 'hello'});
    for (const conversation of [bobs, adas]) assert.deepEqual(await conversation.next(), {author: ada.id, text: 'hello'});
    assert.equal(elsewhere.heard.length, 0);
    adas.stream.end();
    await adas.end;
    [bobs, elsewhere].forEach(({stream}) => stream.cancel());
  });

  it('refuses what only administrators may do', async () => {
    assert.equal((await refusal(call(rooms, 'CloseRoom', {room: 'hall'}, ada.token))).reason, 'ROLE_REQUIRED');
  });

  it('ends the streams of who has logged out, and nobody else\'s', async () => {
    const eve = await somebody();
    eve.metadata = roomsClient.metadata(eve.token);
    const [eves, speaking, bobs] = [await listen('hall', eve), await converse('hall', eve), await listen('hall', bob)];
    await call(auth, 'Logout', {}, eve.token);
    for (const conversation of [eves, speaking]) assert.equal((await conversation.end).code, 'UNAUTHENTICATED');
    const adas = await converse('hall', ada);
    adas.stream.write({text: 'still here?'});
    assert.deepEqual(await bobs.next(), {author: ada.id, text: 'still here?'});
    [adas, bobs].forEach(({stream}) => stream.cancel());
  });

  it('takes a new policy file while it runs, and keeps the last good one', async () => {
    copyFileSync(join(suite.root, 'examples', 'streaming', 'policy.json'), `${policy}.next`);
    renameSync(`${policy}.next`, policy);
    // Why she may not speak; undefined when she may.
    const attempt = async () => {
      try {
        const adas = await converse('hall', ada);
        adas.stream.write({text: 'may I?'});
        await adas.next();
        adas.stream.cancel();
      } catch (error) {
        return error.reason;
      }
    };
    const until = async (wanted) => {
      const giveUp = Date.now() + 60_000;
      let came;
      do came = await attempt(); while (came !== wanted && Date.now() < giveUp);
      assert.equal(came, wanted);
    };
    await until('ROLE_REQUIRED');
    setPolicy({'rooms.v1.RoomsService/Nothing': {access: 'PUBLIC'}});
    assert.equal(await attempt(), 'ROLE_REQUIRED');
    setPolicy({});
    await until(undefined);
  });

  it('does not start with a policy file that has faults', async () => {
    setPolicy({'rooms.v1.RoomsService/Nothing': {access: 'PUBLIC'}});
    const failed = new ExampleServer('streaming/rooms-server', [...guardFlags(), '--policy-file', policy]);
    assert.equal(await failed.ended, 1);
    assert.match(failed.errors, /rooms\.v1\.RoomsService\/Nothing/);
    setPolicy({});
  });

  it('ends its streams when it ends, so that their clients go elsewhere, and exits with 0', async () => {
    const [bobs, adas] = [await listen('hall', bob), await converse('hall', ada)];
    assert.equal(await server.stop(), 0, server.errors);
    for (const conversation of [bobs, adas]) assert.equal((await conversation.end).code, 'UNAVAILABLE');
  });
});
