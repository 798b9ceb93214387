// examples/callback: the guard in front of handlers that answer later, from another thread.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ExampleServer, guardFlags} from './example_server.js';
import {authClient, call, credentialsOf, refusal, serviceClient, suite} from './suite.js';

describe('examples/callback', () => {
  let auth, polls, server, ada, bob;

  async function somebody() {
    const person = {email: `${randomUUID()}@example.org`, password: 'correct horse battery staple'};
    return (await call(auth, 'Register', person)).tokens.access_token;
  }
  const open = async (token) => {
    const {poll_id} = await call(polls, 'OpenPoll', {question: 'Tea?', answers: ['yes', 'no']}, token);
    return poll_id;
  };

  before(async () => {
    auth = authClient(credentialsOf('app'));
    server = await ExampleServer.start('callback/polls-server', ...guardFlags());
    const PollsService = serviceClient('polls.proto', 'polls.v1.PollsService', join(suite.root, 'examples', 'callback'));
    polls = new PollsService(server.address, credentialsOf('app'), {'grpc.ssl_target_name_override': 'localhost'});
    [ada, bob] = [await somebody(), await somebody()];
  });
  after(async () => {
    [auth, polls].forEach((client) => client?.close());
    await server?.stop();
  });

  it('refuses a call without a token, and one with rubbish', async () => {
    const request = {question: 'Tea?', answers: ['yes', 'no']};
    assert.equal((await refusal(call(polls, 'OpenPoll', request))).reason, 'TOKEN_MISSING');
    assert.equal((await refusal(call(polls, 'OpenPoll', request, 'rubbish'))).reason, 'TOKEN_MALFORMED');
  });

  it('answers everybody who waits for a result when its owner closes the poll', async () => {
    const poll_id = await open(ada);
    const awaited = [call(polls, 'AwaitResult', {poll_id}), call(polls, 'AwaitResult', {poll_id})];
    await call(polls, 'Vote', {poll_id, answer: 1}, ada);
    await call(polls, 'Vote', {poll_id, answer: 1}, bob);
    await call(polls, 'Vote', {poll_id, answer: 0}, bob);  // bob has thought again
    await call(polls, 'ClosePoll', {poll_id}, ada);
    for (const answer of await Promise.all(awaited)) assert.deepEqual(answer.votes, ['1', '1']);
    assert.equal((await refusal(call(polls, 'Vote', {poll_id, answer: 0}, bob))).code, 'FAILED_PRECONDITION');
  });

  it('lets nobody else close it: what depends on the thing is decided by the handler', async () => {
    const poll_id = await open(ada);
    assert.equal((await refusal(call(polls, 'ClosePoll', {poll_id}, bob))).code, 'PERMISSION_DENIED');
    await call(polls, 'ClosePoll', {poll_id}, ada);
  });

  it('forgets who gave up waiting', async () => {
    const poll_id = await open(ada);
    const waiting = polls.AwaitResult({poll_id}, () => {});
    waiting.cancel();
    await call(polls, 'ClosePoll', {poll_id}, ada);
    assert.deepEqual((await call(polls, 'AwaitResult', {poll_id})).votes, ['0', '0']);
  });

  it('refuses the token of who has logged out', async () => {
    const token = await somebody();
    const poll_id = await open(token);
    await call(auth, 'Logout', {}, token);
    const giveUp = Date.now() + 60_000;
    let refused;
    do {
      refused = await call(polls, 'Vote', {poll_id, answer: 0}, token).then(() => undefined, (error) => error);
    } while (refused === undefined && Date.now() < giveUp);
    assert.equal(refused?.reason, 'TOKEN_REVOKED');
  });

  it('sends those who wait elsewhere when it ends, and exits with 0', async () => {
    const poll_id = await open(ada);
    const waiting = refusal(call(polls, 'AwaitResult', {poll_id}));
    await call(polls, 'Vote', {poll_id, answer: 0}, ada);  // came behind it on the same connection
    assert.equal(await server.stop(), 0, server.errors);
    assert.equal((await waiting).code, 'UNAVAILABLE');
  });
});
