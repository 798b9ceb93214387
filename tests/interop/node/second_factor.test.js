// A second factor whose authenticator app is somebody else's (otplib), enrolled through the API and through the command
// line, whose QR code somebody else reads (jsQR).
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, it} from 'node:test';
import jsqr from 'jsqr';
import {generate} from 'otplib';
import {authClient, call, credentialsOf, refusal, suite} from './suite.js';

const password = 'correct horse battery staple';
const step = 30;

// What a phone shows, without showing a step twice: the services accept each once, one before and one after the present.
class Phone {
  constructor(secret) {
    this.secret = secret;
    this.last = 0;
  }

  async freshCode() {
    const now = Math.floor(Date.now() / 1000 / step);
    this.last = Math.max(this.last + 1, now - 1);
    return generate({secret: this.secret, epoch: this.last * step});
  }

  // The code of no step near now.
  async wrongCode() {
    const now = Math.floor(Date.now() / 1000 / step);
    const near = await Promise.all([-2, -1, 0, 1, 2, 3].map((by) => generate({secret: this.secret, epoch: (now + by) * step})));
    return ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !near.includes(code));
  }
}

describe('a second factor', () => {
  let auth;
  before(() => { auth = authClient(credentialsOf('app')); });
  after(() => auth.close());

  const register = async () => {
    const email = `ada.${randomUUID()}@example.org`;
    const {tokens} = await call(auth, 'Register', {email, password});
    return {email, token: tokens.access_token};
  };
  const challengeOf = async (email) => {
    const answer = await call(auth, 'Login', {email, password});
    assert.equal(answer.outcome, 'mfa_challenge');
    assert.deepEqual(answer.mfa_challenge.methods, ['totp', 'recovery_code']);
    return answer.mfa_challenge.challenge;
  };
  const enrol = async (token) => {
    const {secret, otpauth_uri: uri} = await call(auth, 'EnrollTotp', {}, token);
    const parsed = new URL(uri);
    assert.equal(parsed.searchParams.get('secret'), secret);
    assert.equal(parsed.searchParams.get('issuer'), 'TokenForge');
    const phone = new Phone(secret);
    const {recovery_codes: codes} = await call(auth, 'ConfirmTotp', {code: await phone.freshCode()}, token);
    assert.equal(codes.length, 10);
    return {phone, codes};
  };

  it('takes the codes of otplib, each once', async () => {
    const {email, token} = await register();
    const {phone} = await enrol(token);
    const code = await phone.freshCode();
    const login = await call(auth, 'CompleteLogin', {challenge: await challengeOf(email), totp_code: code});
    assert.equal(login.user.email, email);
    const claims = JSON.parse(Buffer.from(login.tokens.access_token.split('.')[1], 'base64url'));
    assert.deepEqual(claims.amr, ['pwd', 'otp', 'mfa']);

    const again = await refusal(call(auth, 'CompleteLogin', {challenge: await challengeOf(email), totp_code: code}));
    assert.equal(again.reason, 'CODE_INVALID');
  });

  it('refuses the sixth guess, even a right one', async () => {
    const {email, token} = await register();
    const {phone} = await enrol(token);
    const challenge = await challengeOf(email);
    for (let guess = 1; guess <= 5; ++guess) {
      const wrong = await refusal(call(auth, 'CompleteLogin', {challenge, totp_code: await phone.wrongCode()}));
      assert.equal(wrong.reason, 'CODE_INVALID');
    }
    const sixth = await refusal(call(auth, 'CompleteLogin', {challenge, totp_code: await phone.freshCode()}));
    assert.equal(sixth.reason, 'RATE_LIMITED');
  });

  it('takes each recovery code once', async () => {
    const {email, token} = await register();
    const {codes} = await enrol(token);
    const use = async (code) => call(auth, 'CompleteLogin', {challenge: await challengeOf(email), recovery_code: code});
    await use(codes[0]);
    assert.equal((await refusal(use(codes[0]))).reason, 'CODE_INVALID');
    await use(codes[9].toLowerCase().replaceAll('-', ' '));
  });
});

// The modules of a QR code drawn with half blocks: each line holds two rows, and what is drawn is light.
function readQr(text) {
  const lines = text.split('\n').filter((line) => line.startsWith('\x1b[97;40m')).map((line) => line.replace(/\x1b\[[0-9;]*m/g, ''));
  const light = {'\u2588': [1, 1], '\u2580': [1, 0], '\u2584': [0, 1], ' ': [0, 0]};
  const rows = lines.flatMap((line) => [0, 1].map((half) => [...line].map((character) => light[character][half])));
  if (rows.length === 0) return undefined;
  const scale = 4;
  const width = rows[0].length * scale;
  const height = rows.length * scale;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const shade = rows[Math.floor(y / scale)][Math.floor(x / scale)] ? 255 : 0;
      pixels.set([shade, shade, shade, 255], (y * width + x) * 4);
    }
  }
  return jsqr(pixels, width, height)?.data;
}

describe('tokenforge totp', () => {
  let auth, folder;
  before(() => {
    auth = authClient(credentialsOf('app'));
    folder = mkdtempSync(join(tmpdir(), 'tokenforge-totp-'));
  });
  after(() => {
    auth.close();
    rmSync(folder, {recursive: true});
  });

  // Runs a command; `answer` is asked for each line to type. It is given what waits until something was shown: the prompt
  // is written to another pipe, and may arrive before what was shown ahead of it.
  const run = (action, token, answer) => new Promise((resolve, reject) => {
    const file = join(folder, 'token');
    writeFileSync(file, `${token}\n`);
    chmodSync(file, 0o600);
    const child = spawn(suite.cli, ['totp', action, `--auth=${suite.auth}`, `--certs=${suite.certs}`, `--token-file=${file}`]);
    let shown = '';
    let errors = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (data) => { shown += data; });
    const found = async (read) => {
      let result = read(shown);
      while (result === undefined) {
        await once(child.stdout, 'data');
        result = read(shown);
      }
      return result;
    };
    child.stderr.on('data', async (data) => {
      errors += data;
      if (/(shows now|Password): $/.test(errors)) child.stdin.write(`${await answer(found)}\n`);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({code, shown, errors}));
  });

  it('enrols with a QR code that a phone can read, and disables', async () => {
    const email = `ada.${randomUUID()}@example.org`;
    const {tokens} = await call(auth, 'Register', {email, password});
    let uri;
    const enrolled = await run('enroll', tokens.access_token, async (found) => {
      uri = await found(readQr);
      return generate({secret: new URL(uri).searchParams.get('secret')});
    });
    assert.equal(enrolled.code, 0, enrolled.errors);
    assert.match(uri, new RegExp(`^otpauth://totp/TokenForge:${encodeURIComponent(email)}\\?secret=`));
    assert.equal(enrolled.shown.match(/^ {2}[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/gm).length, 10);
    assert.equal((await call(auth, 'Login', {email, password})).outcome, 'mfa_challenge');

    const wrong = await run('disable', tokens.access_token, () => 'not the password');
    assert.equal(wrong.code, 1);
    assert.match(wrong.errors, /INVALID_CREDENTIALS/);
    const disabled = await run('disable', tokens.access_token, () => password);
    assert.equal(disabled.code, 0, disabled.errors);
    assert.equal((await call(auth, 'Login', {email, password})).outcome, 'tokens');
  });
});
