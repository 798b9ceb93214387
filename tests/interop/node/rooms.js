// Streams of examples/streaming, as tests await them.
import {join} from 'node:path';
import grpc from '@grpc/grpc-js';
import {credentialsOf, Refusal, serviceClient, suite} from './suite.js';

export function roomsClient(address) {
  const RoomsService = serviceClient('rooms.proto', 'rooms.v1.RoomsService', join(suite.root, 'examples', 'streaming'));
  return new RoomsService(address, credentialsOf('app'), {'grpc.ssl_target_name_override': 'localhost'});
}
roomsClient.metadata = (token) => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

export class Conversation {
  // When the server has sent its headers: from then on nothing that is said is missed. (A refused stream may have headers too, and
  // ends behind them.)
  static async open(stream, first) {
    const conversation = new Conversation(stream);
    if (first) stream.write(first);
    await Promise.race([
      new Promise((resolve) => stream.once('metadata', resolve)),
      conversation.end.then((refused) => { throw refused; }),
    ]);
    return conversation;
  }

  static async refused(stream) { return new Conversation(stream).end; }

  constructor(stream) {
    this.stream = stream;
    this.heard = [];
    this.wake = () => {};
    stream.on('data', ({said}) => { this.heard.push(said); this.wake(); });
    // A Refusal, or nothing when the stream ended well.
    this.end = new Promise((resolve) => {
      stream.on('error', () => {});  // 'status' says the same, and comes in any case
      stream.on('status', (status) => resolve(status.code === grpc.status.OK ? undefined : new Refusal(status)));
    });
  }

  async next() {
    while (this.heard.length === 0) {
      await Promise.race([
        new Promise((resolve) => { this.wake = resolve; }),
        this.end.then((how) => { throw how ?? new Error('the stream ended'); }),
      ]);
    }
    return this.heard.shift();
  }
}
