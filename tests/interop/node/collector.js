// Runs a command with an OTLP collector beside it that TokenForge did not write: gRPC is @grpc/grpc-js, and the messages are
// decoded by OpenTelemetry's own code. Every span goes into a file, one JSON object a line, for the tests to read.
//
//   node collector.js SPANS_FILE COMMAND [ARGUMENT…]
//
// The command finds TOKENFORGE_OTLP_ENDPOINT and INTEROP_SPANS in its environment, and its exit code is ours.
import {spawn} from 'node:child_process';
import {appendFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import grpc from '@grpc/grpc-js';

const {opentelemetry} = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const {ExportTraceServiceRequest, ExportTraceServiceResponse} = opentelemetry.proto.collector.trace.v1;

const [file, command, ...rest] = process.argv.slice(2);
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const attributesOf = (list) => Object.fromEntries(list.map(({key, value}) => [key, value.stringValue ?? Number(value.intValue)]));

function Export({request}, answer) {
  for (const {resource, scopeSpans} of request.resourceSpans) {
    for (const {scope, spans} of scopeSpans) {
      for (const span of spans) {
        appendFileSync(file, JSON.stringify({
          resource: attributesOf(resource.attributes), scope: scope.name, name: span.name, kind: span.kind,
          trace: hex(span.traceId), id: hex(span.spanId), parent: hex(span.parentSpanId ?? []),
          start: String(span.startTimeUnixNano), end: String(span.endTimeUnixNano), attributes: attributesOf(span.attributes),
        }) + '\n');
      }
    }
  }
  answer(null, {});
}

const server = new grpc.Server();
server.addService({
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', requestStream: false, responseStream: false,
    requestDeserialize: (bytes) => ExportTraceServiceRequest.decode(bytes),
    requestSerialize: (message) => Buffer.from(ExportTraceServiceRequest.encode(message).finish()),
    responseSerialize: (message) => Buffer.from(ExportTraceServiceResponse.encode(message).finish()),
    responseDeserialize: (bytes) => ExportTraceServiceResponse.decode(bytes),
  },
}, {Export});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  const child = spawn(command, rest, {
    stdio: 'inherit',
    env: {...process.env, TOKENFORGE_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, INTEROP_SPANS: file},
  });
  child.on('exit', (code, signal) => {
    server.forceShutdown();
    process.exitCode = signal ? 1 : code;
  });
});
