// TokenFile: where a session's tokens outlive the process. Whoever reads this file is the person: it is the owner's alone.
import {open, readFile, rename, rm} from 'node:fs/promises';

export class TokenFile {
  constructor(path) { this.path = path; }

  async load() {
    try {
      return JSON.parse(await readFile(this.path, 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  // In one move, and on the disk before it returns: there is never a moment with neither the old token nor the new one.
  async save(tokens) {
    const next = `${this.path}.${process.pid}`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(tokens));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.path);
  }

  async clear() { await rm(this.path, {force: true}); }
}
