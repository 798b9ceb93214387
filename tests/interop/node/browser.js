// Browser: HTTPS with a cookie jar that keeps the rules of `__Host-` cookies; nothing of the gateway's code.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import https from 'node:https';
import {join} from 'node:path';
import {suite} from './suite.js';

export class Browser {
  // from: the address of this machine that its connections come from.
  constructor(address, {from = '127.0.0.1'} = {}) {
    const [host, port] = address.split(':');
    this.options = {host, port, localAddress: from, servername: 'localhost', agent: false, ca: readFileSync(join(suite.certs, 'ca.crt'))};
    this.origin = `https://localhost:${port}`;
    this.cookies = new Map();
  }

  get(path) { return this.#send('GET', path); }
  post(path, form = {}, headers = {}) {
    return this.#send('POST', path, new URLSearchParams(form).toString(),
                      {'origin': this.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers});
  }

  #send(method, path, body = '', headers = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return new Promise((resolve, reject) => {
      const request = https.request({
        ...this.options, method, path,
        headers: {'user-agent': 'Test/1', 'content-length': Buffer.byteLength(body), ...(cookie && {cookie}), ...headers},
      }, (response) => {
        let text = '';
        response.on('data', (chunk) => { text += chunk; });
        response.on('end', () => {
          for (const line of response.headers['set-cookie'] ?? []) this.#keep(line);
          resolve({status: response.statusCode, headers: response.headers, text});
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  #keep(line) {
    const [pair, ...attributes] = line.split('; ');
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    assert.match(name, /^__Host-/);
    const wanted = ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'];
    assert.deepEqual(attributes.filter((attribute) => !attribute.startsWith('Max-Age=')), wanted, line.replace(value, '…'));
    const age = Number(attributes.find((attribute) => attribute.startsWith('Max-Age=')).slice(8));
    if (age > 0) this.cookies.set(name, value); else this.cookies.delete(name);
  }
}
