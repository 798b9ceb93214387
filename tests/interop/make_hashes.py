# Password hashes as Python services keep them: passlib, bcrypt and argon2-cffi of Debian, and hashlib in the spellings of
# Django and Werkzeug. One a line: who made it, the password, the hash, apart by tabs.
import base64
import hashlib
import secrets
import warnings

warnings.simplefilter("ignore")

import argon2
import bcrypt
from passlib import hash as passlib

PASSWORD = "correct horse bättery"
RAW = PASSWORD.encode()


def say(made_by, text):
    print(made_by, PASSWORD, text, sep="\t")


def padded(data):
    return base64.b64encode(data).decode()


say("python bcrypt", bcrypt.hashpw(RAW, bcrypt.gensalt(10)).decode())
say("argon2-cffi", argon2.PasswordHasher().hash(PASSWORD))
say("passlib bcrypt, $2y$", passlib.bcrypt.using(rounds=8, ident="2y").hash(PASSWORD))
say("passlib argon2", passlib.argon2.hash(PASSWORD))
say("passlib scrypt", passlib.scrypt.using(rounds=14).hash(PASSWORD))
say("passlib scrypt, $7$", passlib.scrypt.using(rounds=12, ident="$7$").hash(PASSWORD))
say("passlib PBKDF2-SHA256", passlib.pbkdf2_sha256.hash(PASSWORD))
say("passlib PBKDF2-SHA512", passlib.pbkdf2_sha512.hash(PASSWORD))
say("passlib, Django's PBKDF2", passlib.django_pbkdf2_sha256.hash(PASSWORD))

salt = secrets.token_urlsafe(16)
key = hashlib.scrypt(RAW, salt=salt.encode(), n=2**14, r=8, p=5, maxmem=2**26, dklen=64)
say("hashlib, Django's scrypt", f"scrypt${salt}$16384$8$5${padded(key)}")
key = hashlib.scrypt(RAW, salt=salt.encode(), n=2**15, r=8, p=1, maxmem=2**27, dklen=64)
say("hashlib, Werkzeug's scrypt", f"scrypt:32768:8:1${salt}${key.hex()}")
key = hashlib.pbkdf2_hmac("sha256", RAW, salt.encode(), 600_000)
say("hashlib, Werkzeug's PBKDF2", f"pbkdf2:sha256:600000${salt}${key.hex()}")
