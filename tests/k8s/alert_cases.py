"""For each alert: series under which it fires and resolves, as `promtool test rules` takes them.

A value every minute unless `interval` says otherwise: '0x10' is 0 eleven times, '0+60x20' grows by 60. `before` and `after` are minutes
at which it is silent, `fires` one at which it fires, with these labels and this summary.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    alert: str
    series: dict
    before: int
    fires: int
    after: int
    summary: str
    labels: dict = dataclasses.field(default_factory=dict)
    interval: str = "1m"


def calls(job, code):
    return (f'rpc_server_call_duration_seconds_count{{namespace="tokenforge",job="{job}",rpc_method="m",'
            f'rpc_response_status_code="{code}"}}')


def buckets(name, labels):
    """Ten minutes of quick answers, half an hour of slow ones (between the two bounds), and quick ones again."""
    return lambda low, high: {
        f'{name}_bucket{{{labels},le="{low}"}}': "0+60x10 600x29 660+60x40",
        f'{name}_bucket{{{labels},le="{high}"}}': "0+60x80",
        f'{name}_bucket{{{labels},le="+Inf"}}': "0+60x80",
    }


def of_auth(name):
    return f'{name}{{job="auth"}}'


def certificate(name):
    """Its life is an hour, and it is renewed five minutes before the end."""
    labels = f'{{namespace="tokenforge",job="keys",instance="a",certificate="{name}"}}'
    return {"tokenforge_certificate_not_before_seconds" + labels: "0x54 3240x60",
            "tokenforge_certificate_not_after_seconds" + labels: "3600x54 6840x60"}


REFRESHES = calls("auth", "OK")
FAILURES = calls("auth", "UNAVAILABLE")
UP = 'up{{namespace="tokenforge",job="{}",instance="{}"}}'.format
AUTH = {"job": "auth"}

CASES = (
    Case("TokenForgeServiceDown", {UP("users", "a"): "1x10 0x10 1x20", UP("auth", "a"): "1x40"}, 10, 15, 25,
         "No replica of users answers", {"job": "users"}),
    Case("TokenForgeServiceDown", {UP("users", "a"): "1x40", UP("auth", "a"): "1x5 _x14 1x20"}, 5, 15, 25,
         "No replica of auth answers", {"namespace": "tokenforge", "job": "auth"}),
    Case("TokenForgeReplicaDown", {UP("auth", "a"): "1x5 0x10 1x10", UP("auth", "b"): "1x40"}, 9, 12, 20,
         "A replica of auth (a) has not answered for 5 minutes", {"namespace": "tokenforge", "job": "auth", "instance": "a"}),
    Case("TokenForgeRestarts",
         {f'process_start_time_seconds{{namespace="tokenforge",job="auth",instance="{i}"}}': "-10000x19 1200x60" for i in range(7)},
         19, 26, 41, "Replicas of auth start again and again", AUTH),
    Case("TokenForgeCallsFail", {REFRESHES: "0+60x60", FAILURES: "0x10 3+3x19 60x40"}, 10, 20, 45,
         "auth fails 4.762% of its calls", AUTH),
    # One call in twenty fails for two hours: more than 14.4 times what the budget allows, for long and for short.
    Case("TokenForgeErrorBudgetFast", {REFRESHES: "0+60x320", FAILURES: "0x60 3+3x119 360x140"}, 62, 150, 230,
         "auth uses up its error budget fast, it fails 4.762% of its calls", AUTH),
    # Less, and for longer: the wider pair of windows.
    Case("TokenForgeErrorBudgetFast", {REFRESHES: "0+1000x1100", FAILURES: "0x400 12+12x499 6000x200"}, 420, 850, 960,
         "auth uses up its error budget fast, it fails 1.186% of its calls", AUTH),
    # One call in 250 for two days; then one in 500 for three and a half.
    Case("TokenForgeErrorBudgetSlow", {REFRESHES: "0+1000x500", FAILURES: "0x10 4+4x250 1004x300"}, 100, 1800, 3000,
         "auth fails 0.3984% of its calls, more than the budget of a month has", AUTH, "10m"),
    Case("TokenForgeErrorBudgetSlow", {REFRESHES: "0+1000x900", FAILURES: "0x10 2+2x500 1002x400"}, 20, 4800, 6500,
         "auth fails 0.1996% of its calls, more than the budget of a month has", AUTH, "10m"),
    Case("TokenForgeCallsSlow",
         buckets("rpc_server_call_duration_seconds", 'namespace="tokenforge",job="auth",rpc_method="Refresh"')("0.5", "1"),
         10, 30, 60, "One call in a hundred of Refresh takes 995ms", {"job": "auth", "rpc_method": "Refresh"}),
    Case("TokenForgeLogLinesDropped", {'tokenforge_log_lines_dropped_total{namespace="tokenforge",job="auth",instance="a"}': "0x10 5x60"},
         10, 15, 30, "a (auth) loses lines of its log", {"job": "auth", "instance": "a"}),
    Case("TokenForgeCircuitOpen", {'tokenforge_circuit_open{namespace="tokenforge",job="sessions",dependency="redis"}': "0x5 1x10 0x10"},
         6, 8, 20, "sessions has stopped asking redis", {"job": "sessions", "dependency": "redis"}),
    Case("TokenForgeDependencySlow",
         buckets("tokenforge_dependency_duration_seconds", 'namespace="tokenforge",job="users",dependency="database"')("0.25", "0.5"),
         10, 30, 60, "One answer in a hundred of database takes users 497.5ms", {"job": "users", "dependency": "database"}),
    Case("TokenForgeHashingFull", {'tokenforge_pool_queue{job="users",pool="hash"}': "0x5 40x20 0x30"}, 8, 20, 45,
         "Passwords wait to be hashed; logins are about to be refused as OVERLOADED", {"job": "users"}),
    Case("TokenForgeDatabaseQueue", {'tokenforge_pool_queue{job="users",pool="sql"}': "0x5 60x20 0x30"}, 8, 20, 45,
         "Statements wait for a connection to the account database", {"job": "users"}),
    Case("TokenForgeMailWaits", {'tokenforge_mail_outbox_age_seconds{job="users"}': "0x5 1000x20 0x10"}, 9, 20, 30,
         "The oldest mail that is due has waited for 16m 40s"),
    Case("TokenForgeCertificateNotRenewed", certificate("server"), 45, 50, 58,
         "The certificate of keys (server) was not renewed, 16.67% of its life are left", {"job": "keys", "certificate": "server"}),
    Case("TokenForgeCertificateExpires", certificate("http"), 48, 52, 58,
         "The certificate of keys (http) was not renewed and expires in 8m 0s", {"job": "keys", "certificate": "http"}),
    Case("TokenForgeAuthorityExpires", certificate("authority"), 45, 48, 58,
         "An authority that keys trusts expires in 12m 0s", {"job": "keys"}),
    Case("TokenForgeRedisNotPersistent", {'tokenforge_redis_persistent{namespace="tokenforge",job="sessions",instance="a"}': "1x5 0x10 1x10",
                                          'tokenforge_redis_persistent{namespace="tokenforge",job="keys",instance="b"}': "1x40"},
         7, 10, 20, "The Redis of sessions does not write its append-only file; a restart of it would undo logouts", {"job": "sessions"}),
    Case("TokenForgeNoSigningKey", {'tokenforge_signing_keys{job="keys",state="active"}': "1x5 0x5 1x10"}, 6, 8, 15,
         "There is no active signing key; no token can be issued"),
    Case("TokenForgeKeyRotationOverdue", {'tokenforge_key_rotation_overdue_seconds{job="keys"}': "0x5 8000x5 0x5"}, 5, 8, 14,
         "A rotation of the signing keys has been due for 2h 13m 20s"),
    Case("TokenForgeGuardsBehind", {of_auth("tokenforge_guards_behind"): "0x5 2x30 0x10"}, 20, 25, 40,
         "2 guards have not acknowledged the newest signing keys"),
    Case("TokenForgeTrustFeedStale", {'tokenforge_trust_feed_age_seconds{job="orders",instance="a"}': "1x5 70x10 1x10"}, 7, 12, 20,
         "The guard of a (orders) has heard nothing of revocations for 1m 10s", {"job": "orders", "instance": "a"}),
    Case("TokenForgeRefreshTokensStolen", {'tokenforge_refreshes_total{job="sessions",result="reused"}': "0x20 14x60"}, 20, 30, 40,
         "14 refresh tokens were used again after their grace within 15 minutes"),
    Case("TokenForgeLoginsFail", {'tokenforge_logins_total{job="auth",result="ok"}': "0+60x60",
                                  'tokenforge_logins_total{job="auth",result="invalid_credentials"}': "0x10 180+180x19 3600x30"},
         12, 25, 50, "3 logins a second fail for what was typed, more than half of all"),
    Case("TokenForgeAccountsLocked", {of_auth("tokenforge_accounts_locked_total"): "0x20 28x60"}, 20, 30, 40,
         "28 times within 15 minutes an account was locked"),
    Case("TokenForgeGuessing", {'tokenforge_rate_limited_total{job="sessions",policy="login_address"}': "0x5 600+600x19 12000x40"},
         8, 20, 45, "The limit login_address refuses 10 attempts a second", {"policy": "login_address"}),
    Case("TokenForgeForgedTokens", {'tokenforge_token_verifications_total{job="orders",result="TOKEN_UNKNOWN_KEY"}': "0x5 120+120x19 2400x40"},
         8, 20, 45, "orders is sent tokens that we did not sign", {"job": "orders"}),
    Case("TokenForgeAuditEventsDropped", {'tokenforge_audit_events_dropped_total{job="auth",kind="key.revoked"}': "0x10 1x60"},
         10, 15, 40, "Audit events (key.revoked) did not reach the audit log", {"kind": "key.revoked"}),
)
