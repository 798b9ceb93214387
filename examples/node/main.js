// Logs in, or goes on with a stored session, and calls a guarded server.
//
//   node main.js --certs DIR --protos DIR --protos DIR --email ADDRESS --password-file FILE [--register] [--logout]
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {client} from './channel.js';
import {Refusal} from './refusal.js';
import {LoginRequired, Session} from './session.js';
import {TokenFile} from './token_file.js';

const {values: flags} = parseArgs({options: {
  certs: {type: 'string'},
  protos: {type: 'string', multiple: true},  // of the installed package (share/tokenforge/proto), and of the server
  email: {type: 'string'},
  'password-file': {type: 'string'},  // never in the arguments: every process of the machine can read those
  register: {type: 'boolean', default: false},
  logout: {type: 'boolean', default: false},
  tokens: {type: 'string', default: 'tokens.json'},
  facade: {type: 'string', default: '127.0.0.1:7443'},
  notes: {type: 'string', default: '127.0.0.1:7450'},
  identity: {type: 'string', default: 'app'},
  'trust-domain': {type: 'string', default: 'tokenforge.local'},
}});

const common = {certs: flags.certs, identity: flags.identity, protoFolders: flags.protos};
const facade = client({
  ...common, service: 'tokenforge.auth.v1.AuthService', proto: 'tokenforge/auth/v1/auth.proto',
  address: flags.facade, server: `spiffe://${flags['trust-domain']}/auth`,
});
const notes = client({
  ...common, service: 'notes.v1.NotesService', proto: 'notes.proto', address: flags.notes,
  server: `spiffe://${flags['trust-domain']}/example`, safeToRepeat: ['CountNotes', 'ListNotes'],
});
const session = new Session({facade, store: new TokenFile(flags.tokens)});

async function logIn() {
  if (!flags.email || !flags['password-file']) throw new Error('nobody is logged in: give --email and --password-file');
  const password = readFileSync(flags['password-file'], 'utf8').trimEnd();
  if (flags.register) return session.register({email: flags.email, password});
  if (await session.login(flags.email, password)) throw new Error('this account has a second factor: see completeLogin');
}

async function work() {
  await session.call(notes, 'CreateNote', {text: 'written by the Node.js example'});
  const {notes: kept} = await session.call(notes, 'ListNotes');
  for (const note of kept) console.log(`${note.note_id}: ${note.text}`);
}

try {
  if (!await session.resume()) await logIn();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LoginRequired)) throw error;
    console.error(error.message);
    await logIn();
    await work();
  }
  if (flags.logout) await session.logout();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`refused: ${error.reason || error.code}: ${error.message}`);
  for (const {field, description} of error.fields) console.error(`  ${field}: ${description}`);
  if (error.retryAfterMs > 0) console.error(`  try again in ${Math.ceil(error.retryAfterMs / 1000)} s`);
  process.exitCode = 1;
} finally {
  facade.close();
  notes.close();
}
