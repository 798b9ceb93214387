"""Channels: mutual TLS, every replica, and calls sent again where that can do no harm."""

import json
import pathlib

import grpc

FACADE = "tokenforge.auth.v1.AuthService"


def service_config(service, safe_to_repeat=()):
    """What docs/clients.md recommends for the façade; other services put their own methods in it.

    safe_to_repeat: methods that may be done twice when an answer was lost.
    """
    config = json.loads(pathlib.Path(__file__).with_name("service_config.json").read_text())
    if service != FACADE:
        names = [{"service": service, "method": method} for method in safe_to_repeat]
        if names:
            config["methodConfig"][0]["name"] = names
        else:
            del config["methodConfig"]
    return config


def connect(address, certs, identity, service, safe_to_repeat=()):
    """A channel to one service; one is enough for a process.

    certs is a folder with ca.crt and our NAME.crt and NAME.key, identity that NAME. gRPC for Python cannot check SPIFFE IDs, so the
    server is who its certificate's DNS name or address says: `address` must be one that only the server's certificate has.
    """
    folder = pathlib.Path(certs)
    credentials = grpc.ssl_channel_credentials(
        (folder / "ca.crt").read_bytes(),
        (folder / f"{identity}.key").read_bytes(),
        (folder / f"{identity}.crt").read_bytes(),
    )
    options = [
        ("grpc.service_config", json.dumps(service_config(service, safe_to_repeat))),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    ]
    return grpc.secure_channel(address, credentials, options)
