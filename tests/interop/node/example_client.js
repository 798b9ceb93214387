// The parts of examples/node put together for tests, and a façade that loses an answer.
import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {client} from '../../../examples/node/channel.js';
import {Session} from '../../../examples/node/session.js';
import {suite} from './suite.js';

export const person = () => ({email: `${randomUUID()}@example.org`, password: 'correct horse battery staple'});

export function exampleClients({facade = suite.auth, facadeId = 'spiffe://tokenforge.local/auth'} = {}) {
  const common = {certs: suite.certs, identity: 'app', protoFolders: [join(suite.root, 'proto'), join(suite.root, 'examples', 'notes')]};
  const clients = {
    facade: client({...common, service: 'tokenforge.auth.v1.AuthService', proto: 'tokenforge/auth/v1/auth.proto', address: facade, server: facadeId}),
    notes: client({...common, service: 'notes.v1.NotesService', proto: 'notes.proto', address: suite.notes, server: 'spiffe://tokenforge.local/example'}),
  };
  return {...clients, close: () => Object.values(clients).forEach((made) => made.close())};
}

// Like TokenFile, and remembers all that was ever saved.
export class MemoryStore {
  saved = [];
  constructor(tokens) { this.tokens = tokens; }
  async load() { return this.tokens; }
  async save(tokens) { this.tokens = tokens; this.saved.push(tokens); }
  async clear() { this.tokens = undefined; }
}

export const sessionOf = ({facade, store = new MemoryStore(), now}) => new Session({facade, store, now});

// A façade whose first answer to Refresh is lost on its way; what it was is in `lost`.
export function losing(facade) {
  const lost = [];
  const loses = new Proxy(facade, {
    get(target, name) {
      if (name !== 'Refresh' || lost.length > 0) return typeof target[name] === 'function' ? target[name].bind(target) : target[name];
      return (request, metadata, options, callback) => target.Refresh(request, metadata, options, (error, response) => {
        if (response) lost.push(response);
        callback(Object.assign(new Error('lost'), {code: 14, details: 'the connection was lost'}));
      });
    },
  });
  return {facade: loses, lost};
}
