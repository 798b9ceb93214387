// Servers of examples/ as processes: started with the flags of their READMEs, awaited by the line that they print, ended by SIGTERM.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {suite} from './suite.js';

const build = process.env.EXAMPLES_BUILD;
if (!build) throw new Error('EXAMPLES_BUILD is not set: run this through tests/interop/examples');

export class ExampleServer {
  // program: 'callback/polls-server', in the folder where tests/install builds the examples.
  static async start(program, ...flags) {
    const server = new ExampleServer(program, flags);
    server.address = await server.#listening();
    return server;
  }

  constructor(program, flags) {
    this.errors = '';
    this.process = spawn(join(build, program), ['--certs', suite.certs, ...flags], {stdio: ['ignore', 'pipe', 'pipe']});
    this.ended = once(this.process, 'close').then(([code]) => code);
    this.process.stderr.on('data', (text) => { this.errors += text; });
  }

  async #listening() {
    const line = once(createInterface(this.process.stdout), 'line').then(([text]) => text);
    const first = await Promise.race([line, this.ended.then((code) => { throw new Error(`ended with ${code}: ${this.errors}`); })]);
    return first.match(/ listens on (\S+)$/)[1];
  }

  // The exit code.
  stop() {
    this.process.kill('SIGTERM');
    return this.ended;
  }
}

// The flags that every guarded server has.
export const guardFlags = () => ['--listen', '127.0.0.1:0', '--facade', suite.auth, '--issuer', suite.http];
