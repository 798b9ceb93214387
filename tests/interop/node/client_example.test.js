// examples/node: a client that never loses its session to a lost answer, and never keeps one that has ended.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import {inspect} from 'node:util';
import {serviceConfig} from '../../../examples/node/channel.js';
import {Refusal} from '../../../examples/node/refusal.js';
import {LoginRequired} from '../../../examples/node/session.js';
import {TokenFile} from '../../../examples/node/token_file.js';
import {exampleClients, losing, MemoryStore, person, sessionOf} from './example_client.js';
import {suite} from './suite.js';

const quarter = () => Date.now() + 15 * 60_000;  // a clock for which every access token is about to end

describe('examples/node', () => {
  let clients, folder;
  before(() => {
    clients = exampleClients();
    folder = mkdtempSync(join(tmpdir(), 'tokenforge-client.'));
  });
  after(() => {
    clients.close();
    rmSync(folder, {recursive: true, force: true});
  });
  async function registered(options = {}) {
    const store = new MemoryStore();
    const session = sessionOf({facade: clients.facade, store, ...options});
    await session.register(person());
    return {session, store};
  }

  it('registers, calls a guarded server, and logs out', async () => {
    const {session, store} = await registered();
    await session.call(clients.notes, 'CreateNote', {text: 'kept'});
    const {notes} = await session.call(clients.notes, 'ListNotes');
    assert.deepEqual(notes.map(({text}) => text), ['kept']);
    await session.logout();
    assert.equal(store.tokens, undefined);
    await assert.rejects(session.call(clients.notes, 'ListNotes'), LoginRequired);
  });

  it('reads reason, faults and code of a refusal', async () => {
    const {session} = await registered();
    await assert.rejects(session.call(clients.notes, 'PurgeNotes'), (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.code, error.reason], ['PERMISSION_DENIED', 'ROLE_REQUIRED']);
      return true;
    });
    await assert.rejects(sessionOf({facade: clients.facade}).register({email: 'nobody', password: 'correct horse battery staple'}), (error) => {
      assert.equal(error.reason, 'INVALID_FIELD');
      assert.deepEqual(error.fields.map(({field}) => field), ['email']);
      return true;
    });
  });

  it('waits as RetryInfo says: it tells when to come again', async () => {
    const somebody = person();
    await sessionOf({facade: clients.facade}).register(somebody);
    let refused;
    for (let i = 0; i < 6; ++i) {
      refused = await sessionOf({facade: clients.facade}).login(somebody.email, `guess ${i}`).catch((error) => error);
    }
    assert.equal(refused.reason, 'RATE_LIMITED');
    assert.ok(refused.retryAfterMs > 0);
  });

  it('asks again with the same token when the answer to a refresh is lost', async () => {
    const {facade, lost} = losing(clients.facade);
    const {session, store} = await registered({facade, now: quarter});
    const [first] = store.saved;
    await session.call(clients.notes, 'ListNotes');
    assert.equal(lost.length, 1, 'one answer was lost');
    assert.equal(store.tokens.refresh_token, lost[0].tokens.refresh_token, 'the same successor');
    assert.notEqual(store.tokens.refresh_token, first.refresh_token);
    await session.call(clients.notes, 'ListNotes');  // and nobody took it for theft
  });

  it('refreshes once for all who need it', async () => {
    const {session, store} = await registered({now: quarter});
    await Promise.all(Array.from({length: 20}, () => session.call(clients.notes, 'ListNotes')));
    assert.equal(store.saved.length, 2);
  });

  it('takes over what another process of ours has stored', async () => {
    const {session, store} = await registered({now: quarter});
    const other = sessionOf({facade: clients.facade, store, now: quarter});
    await other.resume();
    for (let i = 0; i < 2; ++i) await other.call(clients.notes, 'ListNotes');
    await session.call(clients.notes, 'ListNotes');  // SUPERSEDED, and goes on with the other's
    assert.equal(store.saved.length, 3, 'nothing was stored over it');
  });

  it('keeps its token while the façade is away', async () => {
    const away = exampleClients({facade: '127.0.0.1:1'});
    const {store} = await registered();
    const session = sessionOf({facade: away.facade, store, now: quarter});
    await session.resume();
    await assert.rejects(session.call(clients.notes, 'ListNotes'), {code: 'UNAVAILABLE'});
    assert.ok(store.tokens);
    away.close();
  });

  it('asks for a login when the session was ended elsewhere, and forgets its tokens', async () => {
    const {session, store} = await registered();
    const other = sessionOf({facade: clients.facade, store: new MemoryStore(store.tokens)});
    await other.resume();
    await other.logout();
    const giveUp = Date.now() + 60_000;
    let ended;
    do {
      ended = await session.call(clients.notes, 'ListNotes').then(() => undefined, (error) => error);
    } while (ended === undefined && Date.now() < giveUp);
    assert.ok(ended instanceof LoginRequired, String(ended));
    assert.equal(ended.reason, 'SESSION_ENDED');
    assert.equal(store.tokens, undefined);
  });

  it('sends nothing to a server that is not the one it means', async () => {
    const others = exampleClients({facadeId: 'spiffe://tokenforge.local/users'});
    await assert.rejects(sessionOf({facade: others.facade}).register(person()), {code: 'UNAVAILABLE'});
    others.close();
  });

  it('shows no token to who prints a session or a refusal', async () => {
    const {session, store} = await registered();
    const refused = await session.call(clients.notes, 'PurgeNotes').catch((error) => error);
    const printed = inspect(session, {depth: 9, showHidden: true}) + inspect(refused, {depth: 9});
    for (const token of [store.tokens.access_token, store.tokens.refresh_token]) assert.ok(!printed.includes(token));
  });

  it('keeps tokens in a file that is the owner\'s alone', async () => {
    const file = new TokenFile(join(folder, 'tokens.json'));
    assert.equal(await file.load(), undefined);
    await file.save({refresh_token: 'one'});
    await file.save({refresh_token: 'two'});
    assert.deepEqual(await file.load(), {refresh_token: 'two'});
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
    await file.clear();
    await file.clear();
    assert.equal(await file.load(), undefined);
  });

  it('has the service config of the documents, and that of Python is the same', () => {
    const page = readFileSync(join(suite.root, 'docs', 'clients.md'), 'utf8');
    const documented = JSON.parse(page.match(/```json\n([^]*?)```/)[1]);
    assert.deepEqual(serviceConfig('tokenforge.auth.v1.AuthService'), documented);
    assert.deepEqual(JSON.parse(readFileSync(join(suite.root, 'examples', 'python', 'service_config.json'))), documented);
    assert.deepEqual(serviceConfig('notes.v1.NotesService', ['ListNotes']).methodConfig[0].name, [{service: 'notes.v1.NotesService', method: 'ListNotes'}]);
  });

  it('does all of it from the command line, without a token in what it prints', async () => {
    const password = join(folder, 'password');
    writeFileSync(password, 'correct horse battery staple\n', {mode: 0o600});
    const run = (...flags) => new Promise((resolve) => {
      const folderOf = (...names) => join(suite.root, ...names);
      const child = spawn(process.execPath, [
        folderOf('examples', 'node', 'main.js'), '--certs', suite.certs, '--protos', folderOf('proto'), '--protos', folderOf('examples', 'notes'),
        '--facade', suite.auth, '--notes', suite.notes, '--tokens', join(folder, 'cli.json'), ...flags]);
      let printed = '';
      for (const output of [child.stdout, child.stderr]) output.on('data', (text) => { printed += text; });
      child.on('close', (code) => resolve({code, printed}));
    });
    const email = `${randomUUID()}@example.org`;
    const first = await run('--email', email, '--password-file', password, '--register');
    assert.equal(first.code, 0, first.printed);
    const second = await run('--logout');
    assert.equal(second.code, 0, second.printed);
    assert.equal(second.printed.match(/written by the Node\.js example/g).length, 2);
    const third = await run('--email', `x${email}`, '--password-file', password);
    assert.equal(third.code, 1);
    assert.match(third.printed, /^refused: INVALID_CREDENTIALS: /m);
    for (const {printed} of [first, second, third]) assert.doesNotMatch(printed, /tfr_|eyJ/);
  });
});
