// Channels: mutual TLS, the server's identity, every replica, and calls sent again where that can do no harm.
import {readFileSync} from 'node:fs';
import {isIP} from 'node:net';
import {join} from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

// A server is who its certificate says, by SPIFFE ID. Names and addresses belong to the network, which may lie: with them alone any
// holder of a certificate could play the façade and be sent passwords.
function onlyServer(spiffeId) {
  return (host, certificate) => {
    const names = (certificate.subjectaltname ?? '').split(', ');
    if (!names.includes(`URI:${spiffeId}`)) return new Error(`${host} is not ${spiffeId}`);
  };
}

// certs: folder with ca.crt and our NAME.crt and NAME.key; identity: NAME; server: the SPIFFE ID that we mean.
export function credentials({certs, identity, server}) {
  const pem = (name) => readFileSync(join(certs, name));
  return grpc.credentials.createSsl(pem('ca.crt'), pem(`${identity}.key`), pem(`${identity}.crt`),
                                    {checkServerIdentity: onlyServer(server)});
}

// A client of one service, such as 'tokenforge.auth.v1.AuthService' of 'tokenforge/auth/v1/auth.proto'. One is enough for a process:
// it is meant to live as long. `safeToRepeat` are methods that may be done twice when an answer was lost.
export function client({service, proto, protoFolders, address, safeToRepeat = [], ...identity}) {
  const definition = protoLoader.loadSync(proto, {
    keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: protoFolders,
  });
  const Client = service.split('.').reduce((scope, name) => scope[name], grpc.loadPackageDefinition(definition));
  return new Client(address, credentials(identity), {
    'grpc.service_config': JSON.stringify(serviceConfig(service, safeToRepeat)),
    'grpc.keepalive_time_ms': 30_000,
    // TLS knows names, not addresses (RFC 6066). Who it is, is checked above.
    ...(isIP(address.replace(/:\d+$/, '')) !== 0 && {'grpc.ssl_target_name_override': 'localhost'}),
  });
}

// service_config.json is what docs/clients.md recommends for the façade; other services put their own methods in it.
export function serviceConfig(service, safeToRepeat) {
  const config = JSON.parse(readFileSync(new URL('service_config.json', import.meta.url)));
  if (service !== 'tokenforge.auth.v1.AuthService') {
    if (safeToRepeat.length === 0) delete config.methodConfig;
    else config.methodConfig[0].name = safeToRepeat.map((method) => ({service, method}));
  }
  return config;
}

// One unary call with a deadline: without one, a call to a server that hangs would wait for ever. Rejects with what gRPC gives;
// refusal.js reads it.
export function unary(client, method, request, {token, seconds = 10} = {}) {
  const metadata = new grpc.Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve, reject) => {
    client[method](request, metadata, {deadline: Date.now() + seconds * 1000},
                   (error, response) => error ? reject(error) : resolve(response));
  });
}
