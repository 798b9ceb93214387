// Node.js 18 keeps the Web Crypto API, which openid-client takes from the global scope, in a module of its own. Import
// this first.
import {webcrypto} from 'node:crypto';

globalThis.crypto ??= webcrypto;
