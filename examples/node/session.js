// Session: a person's login, from register or login to logout. It keeps the tokens fresh and makes calls with them.
//
// A refresh token is good once, and a used one that comes back looks like theft: then all sessions of the person end. So there is one
// refresh at a time, the old token stays stored until the new one is, and a lost answer is asked for again with the same token at
// once: within 30 s the façade gives the same successor.
import {unary} from './channel.js';
import {Refusal, mayBeDone} from './refusal.js';

// There is no session any more; `reason` says why. Ask the person to log in.
export class LoginRequired extends Error {
  constructor(reason) {
    super(`log in again: ${reason}`);
    this.name = 'LoginRequired';
    this.reason = reason;
  }
}

// Refused for a token that a refresh replaces. With other reasons of TOKEN_… something is wrong that again will not help.
const STALE = new Set(['TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_UNKNOWN_KEY']);
const EARLY_MS = 30_000;  // refresh so long before the access token ends: clocks differ, calls take time
const ATTEMPTS = 3;       // of 5 s each: within the 30 s in which a lost answer comes again

export class Session {
  #facade; #store; #device; #now; #tokens; #refreshing;

  // store: load(), save(tokens) and clear(), as TokenFile has them. now: milliseconds since 1970.
  constructor({facade, store, device = {name: 'example'}, now = Date.now}) {
    this.#facade = facade;
    this.#store = store;
    this.#device = device;
    this.#now = now;
  }

  // Goes on with a stored session; false when there is none.
  async resume() {
    this.#tokens = await this.#store.load();
    return this.#tokens !== undefined;
  }

  async register(person) {
    const {tokens} = await this.#ask('Register', {...person, device: this.#device});
    await this.#keep(tokens);
  }

  // Resolves to nothing, or to {challenge, methods} when a second factor is due: then call completeLogin.
  async login(email, password) {
    const answer = await this.#ask('Login', {email, password, device: this.#device});
    if (answer.outcome === 'mfa_challenge') return answer.mfa_challenge;
    await this.#keep(answer.tokens);
  }

  // code: {totp_code} or {recovery_code}
  async completeLogin(challenge, code) {
    const {tokens} = await this.#ask('CompleteLogin', {challenge, ...code});
    await this.#keep(tokens);
  }

  async logout() {
    try {
      await this.call(this.#facade, 'Logout');
    } catch (error) {
      if (!(error instanceof LoginRequired)) throw error;  // without an answer the session lives on: try again
    }
    await this.#forget();
  }

  // A call of a guarded server. A token that is stale is replaced, and the call made once more: a refused call did nothing.
  async call(client, method, request = {}) {
    const token = await this.#freshToken();
    try {
      return await this.#send(client, method, request, {token});
    } catch (error) {
      if (!STALE.has(error.reason)) throw error;
      if (this.#tokens?.access_token === token) await this.#refresh();
      return this.#send(client, method, request, {token: this.#tokens.access_token});
    }
  }

  async #freshToken() {
    if (this.#tokens === undefined) throw new LoginRequired('nobody is logged in');
    const ends = Number(this.#tokens.access_expire_time.seconds) * 1000;
    if (this.#now() > ends - EARLY_MS) await this.#refresh();
    return this.#tokens.access_token;
  }

  // Whoever comes while one is under way waits for that one.
  #refresh() {
    this.#refreshing ??= this.#refreshAlone().finally(() => { this.#refreshing = undefined; });
    return this.#refreshing;
  }

  async #refreshAlone() {
    const {refresh_token} = this.#tokens;
    try {
      const {tokens} = await this.#askAgain('Refresh', {refresh_token, device: this.#device});
      await this.#keep(tokens);
    } catch (error) {
      if (error.code !== 'UNAUTHENTICATED') throw error;  // the old token is still the right one: come again later
      if (error.reason === 'REFRESH_TOKEN_SUPERSEDED') {
        // Another process of ours was faster: its token is the one. Nothing was revoked; is it not stored yet, come again later.
        const stored = await this.#store.load();
        if (stored === undefined || stored.refresh_token === refresh_token) throw error;
        this.#tokens = stored;
        return;
      }
      // REFRESH_TOKEN_REUSED, SESSION_ENDED, …: nothing that is kept here is of use to anybody.
      await this.#forget();
      throw new LoginRequired(error.reason);
    }
  }

  async #askAgain(method, request) {
    for (let attempt = 1; ; ++attempt) {
      try {
        return await this.#send(this.#facade, method, request, {seconds: 5});
      } catch (error) {
        if (attempt === ATTEMPTS || !mayBeDone(error)) throw error;
      }
    }
  }

  #ask(method, request) { return this.#send(this.#facade, method, request); }

  async #send(client, method, request, options) {
    try {
      return await unary(client, method, request, options);
    } catch (error) {
      throw new Refusal(error);
    }
  }

  // In use first: a disk that is full must not make the one good token a lost one.
  async #keep(tokens) {
    this.#tokens = tokens;
    await this.#store.save(tokens);
  }

  async #forget() {
    this.#tokens = undefined;
    await this.#store.clear();
  }
}
