// The suite as a client sees it: where it is, how to reach it over mutual TLS, and how to read its errors.
//
// Nothing here is TokenForge's code except the .proto files: gRPC is @grpc/grpc-js, and google.rpc error details are
// decoded with descriptors of their own, from the public specification.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this through tests/interop/run`);
  return value;
}

export const suite = {
  auth: setting('SUITE_AUTH'),    // host:port of the façade
  users: setting('SUITE_USERS'),  // host:port of an internal service
  keys: setting('SUITE_KEYS'),    // and of another
  notes: setting('SUITE_NOTES'),  // host:port of the example server
  http: setting('SUITE_HTTP'),    // URL of discovery and JWKS; also the issuer
  certs: setting('SUITE_CERTS'),  // ca.crt, NAME.crt, NAME.key
  root: setting('SUITE_ROOT'),    // of the repository
  cli: setting('SUITE_CLI'),      // the command line's program
};

function load(file, ...includeDirs) {
  const definition = protoLoader.loadSync(file, {
    keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
    includeDirs: [join(suite.root, 'proto'), ...includeDirs],
  });
  return grpc.loadPackageDefinition(definition);
}

const pem = (name) => readFileSync(join(suite.certs, name));

export function credentialsOf(identity) {
  return grpc.credentials.createSsl(pem('ca.crt'), pem(`${identity}.key`), pem(`${identity}.crt`));
}

export function credentialsWithoutCertificate() {
  return grpc.credentials.createSsl(pem('ca.crt'));
}

// Certificates name localhost; connecting to the address keeps the name service out of the test.
const options = {'grpc.ssl_target_name_override': 'localhost'};

export function authClient(credentials) {
  return new (load('tokenforge/auth/v1/auth.proto').tokenforge.auth.v1.AuthService)(suite.auth, credentials, options);
}

export function usersClient(credentials) {
  return new (load('tokenforge/users/v1/users.proto').tokenforge.users.v1.UserService)(suite.users, credentials, options);
}

export function keysClient(credentials) {
  return new (load('tokenforge/keys/v1/keys.proto').tokenforge.keys.v1.KeyService)(suite.keys, credentials, options);
}

// The client class of a service in another folder's proto.
export function serviceClient(file, service, folder) {
  return service.split('.').reduce((scope, name) => scope[name], load(file, folder));
}

export function notesClient(credentials) {
  const folder = join(suite.root, 'examples', 'notes');
  return new (load('notes.proto', folder).notes.v1.NotesService)(suite.notes, credentials, options);
}

function metadataWith(token) {
  const metadata = new grpc.Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

const deadline = () => ({deadline: Date.now() + 10_000});

// One unary call. Resolves to the response; rejects with a Refusal.
export function call(client, method, request = {}, token = undefined) {
  return new Promise((resolve, reject) => {
    client[method](request, metadataWith(token), deadline(), (error, response) => {
      if (error) reject(new Refusal(error)); else resolve(response);
    });
  });
}

// One server-streaming call: all its messages, or a Refusal.
export function collect(client, method, request = {}, token = undefined) {
  return new Promise((resolve, reject) => {
    const messages = [];
    client[method](request, metadataWith(token), deadline())
        .on('data', (message) => messages.push(message))
        .on('error', (error) => reject(new Refusal(error)))
        .on('end', () => resolve(messages));
  });
}

// google.rpc, from its public specification: google/rpc/status.proto and google/rpc/error_details.proto.
const googleRpc = protobuf.Root.fromJSON({nested: {google: {nested: {
  protobuf: {nested: {
    Any: {fields: {type_url: {type: 'string', id: 1}, value: {type: 'bytes', id: 2}}},
    Duration: {fields: {seconds: {type: 'int64', id: 1}, nanos: {type: 'int32', id: 2}}},
  }},
  rpc: {nested: {
    Status: {fields: {code: {type: 'int32', id: 1}, message: {type: 'string', id: 2},
                      details: {rule: 'repeated', type: 'google.protobuf.Any', id: 3}}},
    ErrorInfo: {fields: {reason: {type: 'string', id: 1}, domain: {type: 'string', id: 2},
                         metadata: {keyType: 'string', type: 'string', id: 3}}},
    RetryInfo: {fields: {retry_delay: {type: 'google.protobuf.Duration', id: 1}}},
    RequestInfo: {fields: {request_id: {type: 'string', id: 1}, serving_data: {type: 'string', id: 2}}},
    BadRequest: {fields: {field_violations: {rule: 'repeated', type: 'FieldViolation', id: 1}},
                 nested: {FieldViolation: {fields: {field: {type: 'string', id: 1},
                                                    description: {type: 'string', id: 2}}}}},
  }},
}}}});

// A call's failure with its google.rpc details read.
export class Refusal extends Error {
  constructor(error) {
    super(`${grpc.status[error.code]}: ${error.details}`);
    this.code = grpc.status[error.code];
    this.text = error.details;
    this.trailers = error.metadata;
    this.details = {};
    const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
    if (bytes === undefined) return;
    const status = googleRpc.lookupType('google.rpc.Status').decode(bytes);
    this.statusCode = grpc.status[status.code];
    for (const any of status.details) {
      const name = any.type_url.replace('type.googleapis.com/', '');
      this.details[name.replace('google.rpc.', '')] = googleRpc.lookupType(name).decode(any.value).toJSON();
    }
  }

  get reason() { return this.details.ErrorInfo?.reason; }
}

// Waits for a call to be refused; fails when it is answered instead.
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('the call was answered, and should have been refused');
}
