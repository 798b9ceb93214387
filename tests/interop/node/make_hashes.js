// Password hashes as Node.js services keep them: npm's bcrypt and argon2 with the parameters that they take by themselves,
// and node:crypto in the spellings that others read. One a line: who made it, the password, the hash, apart by tabs.
import {pbkdf2Sync, randomBytes, scryptSync} from 'node:crypto';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';

const password = 'correct horse bättery';
const say = (madeBy, hash) => console.log([madeBy, password, hash].join('\t'));
const unpadded = (bytes) => bytes.toString('base64').replace(/=+$/, '');

say('npm bcrypt', await bcrypt.hash(password, 10));
say('npm bcrypt, as $2a$', await bcrypt.hash(password, await bcrypt.genSalt(8, 'a')));
say('npm argon2', await argon2.hash(password));
say('npm argon2, i', await argon2.hash(password, {type: argon2.argon2i, memoryCost: 4096, timeCost: 3, parallelism: 1}));
say('npm argon2, salt of 32 bytes', await argon2.hash(password, {salt: randomBytes(32), memoryCost: 19456, timeCost: 2, parallelism: 1}));

const salt = randomBytes(16);
const scrypted = scryptSync(password, salt, 32, {N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 27});
say('node:crypto, scrypt', `$scrypt$ln=15,r=8,p=1$${unpadded(salt)}$${unpadded(scrypted)}`);
say('node:crypto, PBKDF2-SHA512', `$pbkdf2-sha512$i=210000$${unpadded(salt)}$${unpadded(pbkdf2Sync(password, salt, 210000, 64, 'sha512'))}`);
