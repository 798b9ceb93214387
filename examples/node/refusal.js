// Why a call was refused: the reason in google.rpc.ErrorInfo, which programs branch on, and when to come again (google.rpc.RetryInfo).
//
// The status message is for people and may change. Neither ever holds a secret, so a Refusal may be logged.
import {readFileSync} from 'node:fs';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

// The details travel in the trailing metadata `grpc-status-details-bin`, as a google.rpc.Status. Their public definition:
// https://github.com/googleapis/googleapis/tree/master/google/rpc
const {root} = protobuf.parse(readFileSync(new URL('details.proto', import.meta.url), 'utf8'), {keepCase: true});
const Status = root.lookupType('google.rpc.Status');

function detail(status, name) {
  const any = status.details.find(({type_url}) => type_url === `type.googleapis.com/google.rpc.${name}`);
  return any && root.lookupType(`google.rpc.${name}`).decode(any.value);
}

export class Refusal extends Error {
  // error: what grpc-js rejects with.
  constructor(error) {
    super(error.details);
    this.name = 'Refusal';
    this.code = grpc.status[error.code];  // 'UNAUTHENTICATED', 'UNAVAILABLE', …
    this.reason = '';                     // 'TOKEN_EXPIRED', …; '' when the answer is not TokenForge's (a network's)
    this.retryAfterMs = 0;                // 0: it says nothing
    this.fields = [];                     // faults of a request: [{field, description}]
    const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
    if (bytes === undefined) return;
    const status = Status.decode(bytes);
    const info = detail(status, 'ErrorInfo');
    if (info?.domain === 'tokenforge') this.reason = info.reason;
    const delay = detail(status, 'RetryInfo')?.retry_delay;
    if (delay) this.retryAfterMs = Number(delay.seconds) * 1000 + Math.ceil(delay.nanos / 1e6);
    this.fields = detail(status, 'BadRequest')?.field_violations ?? [];
  }
}

// Whether the answer may have been lost, so that nobody knows if the call was done.
export const mayBeDone = ({code}) => ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'].includes(code);
