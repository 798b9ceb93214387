#!/usr/bin/env bash
# Tests of ./dev itself: `dev_test.sh NAME` runs one, named by the sentence that it proves.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TMP=$(mktemp -d)
trap 'rm -rf -- "$TMP"' EXIT
export TOKENFORGE_DEV_DIR=$TMP/state

fail() { echo "FAILED: $*" >&2; exit 1; }

CertificatesHaveExactlyOneSpiffeIdAndNoRightToSign() {
  local name san
  "$ROOT/dev" certs "$TMP" >/dev/null
  for name in auth users keys sessions app example operator; do
    openssl verify -x509_strict -CAfile "$TMP/ca.crt" "$TMP/$name.crt" >/dev/null || fail "$name does not chain to the CA"
    san=$(openssl x509 -in "$TMP/$name.crt" -noout -ext subjectAltName)
    [[ $(grep -o 'URI:[^,]*' <<<"$san") == "URI:spiffe://tokenforge.local/$name" ]] || fail "SPIFFE ID of $name: $san"
    [[ $san == *DNS:localhost* && $san == *'IP Address:127.0.0.1'* ]] || fail "$name is not good for localhost: $san"
    openssl x509 -in "$TMP/$name.crt" -noout -ext basicConstraints,keyUsage | grep -q 'CA:FALSE' || fail "$name may be a CA"
    ! openssl x509 -in "$TMP/$name.crt" -noout -ext keyUsage | grep -q 'Certificate Sign' || fail "$name may sign certificates"
    [[ $(stat -c %a "$TMP/$name.key") == 600 ]] || fail "others can read $name.key"
  done
  [[ $(stat -c %a "$TMP/ca.key") == 600 ]] || fail "others can read ca.key"
}

CertificatesStayWhileTheyAreGood() {
  "$ROOT/dev" certs "$TMP" >/dev/null
  sha256sum "$TMP"/*.crt "$TMP"/*.key >"$TMP/before"
  "$ROOT/dev" certs "$TMP" >/dev/null
  sha256sum --quiet -c "$TMP/before" || fail "certificates changed without need"
}

CertificatesAreMadeAnewForAnotherCa() {
  "$ROOT/dev" certs "$TMP" >/dev/null
  rm "$TMP/ca.crt" "$TMP/ca.key"
  "$ROOT/dev" certs "$TMP" >/dev/null
  openssl verify -CAfile "$TMP/ca.crt" "$TMP"/{auth,users,keys,sessions,app,example,operator}.crt >/dev/null || fail "a leaf of the old CA stayed"
}

CertificatesAreMadeForFurtherNames() {
  local name
  "$ROOT/dev" certs "$TMP" >/dev/null
  sha256sum "$TMP"/*.crt "$TMP"/*.key >"$TMP/before"
  "$ROOT/dev" certs "$TMP" greeter >/dev/null
  sha256sum --quiet -c "$TMP/before" || fail "certificates changed without need"
  openssl verify -x509_strict -CAfile "$TMP/ca.crt" "$TMP/greeter.crt" >/dev/null || fail "greeter does not chain to the CA"
  openssl x509 -in "$TMP/greeter.crt" -noout -ext subjectAltName | grep -q 'URI:spiffe://tokenforge.local/greeter,' || fail "its SPIFFE ID is another"
  for name in ca a/b .. 'a,URI:spiffe://tokenforge.local/auth' $'a\nb' ''; do
    ! "$ROOT/dev" certs "$TMP" "$name" >/dev/null 2>"$TMP/said" || fail "'$name' was taken"
    grep -q "is no name for a certificate" "$TMP/said" || fail "it does not say what was wrong with '$name'"
  done
}

# A folder of tests: `steady` passes, `unsteady` fails the first time only, `broken` N times always.
tests_with_broken() {
  local n
  printf 'add_test(steady true)\nadd_test(unsteady sh -c "test -e %s/seen || { touch %s/seen; echo was here first; exit 1; }")\n' "$TMP" "$TMP"
  for ((n = 0; n < $1; n++)); do echo "add_test(broken$n false)"; done
}

TestThatFailsInTheCrowdAloneIsReportedAndNoFailure() {
  tests_with_broken 0 >"$TMP/CTestTestfile.cmake"
  "$ROOT/tests/run" "$TMP" >"$TMP/said" || fail "the run failed: $(cat "$TMP/said")"
  [[ $(sed -n '/^UNSTEADY/,$p' "$TMP/said") == *$'\nunsteady\n'* ]] || fail "it does not name the test: $(cat "$TMP/said")"
  grep -q "was here first" <(sed -n '/Once more/,$p' "$TMP/said") || fail "it does not show at its end what the test printed"
}

TestThatFailsTwiceIsAFailure() {
  tests_with_broken 1 >"$TMP/CTestTestfile.cmake"
  ! "$ROOT/tests/run" "$TMP" >"$TMP/said" || fail "the run passed"
  ! grep -q UNSTEADY "$TMP/said" || fail "it excuses a broken test"
}

ManyFailuresAreNotRunAgain() {
  tests_with_broken 3 >"$TMP/CTestTestfile.cmake"
  ! "$ROOT/tests/run" "$TMP" >"$TMP/said" || fail "the run passed"
  ! grep -q 'Once more' "$TMP/said" || fail "it ran four failures again"
  ! "$ROOT/tests/run" "$TMP" -R nothing >"$TMP/said" 2>&1 || fail "no tests at all is no success"
}

DownLeavesAProcessAloneThatOnlyHasThePid() {
  mkdir -p "$TMP/state/run"
  sleep 60 &
  local stranger=$!
  # The pid of a process of ours that ended long ago, now somebody else's.
  echo "$stranger 1 stamp /bin/sleep" >"$TMP/state/run/auth.pid"
  "$ROOT/dev" down >/dev/null
  kill -0 "$stranger" || fail "./dev down ended a process that it did not start"
  [[ ! -e $TMP/state/run/auth.pid ]] || fail "the note of the ended process stayed"
  kill "$stranger"
}

EveryCommandHasHelp() {
  local commands command said
  commands=$("$ROOT/dev" --help | sed -n 's/^  \([a-z-]*\)\( | \([a-z]*\)\)\?\( | \([a-z]*\)\)\?  *.*/\1 \3 \5/p')
  [[ $commands == *with-suite* && $commands == *tsan* && $commands == *down* ]] || fail "the list reads: $commands"
  for command in $commands; do
    said=$("$ROOT/dev" "$command" --help)
    [[ ${said%%$'\n'*} == ./dev*"$command"* ]] || fail "$command has no help of its own: $said"
  done
}

UnknownCommandsAndOptionsAreRefused() {
  ! "$ROOT/dev" frobnicate >/dev/null 2>"$TMP/said" || fail "an unknown command was taken"
  grep -q "no command 'frobnicate'" "$TMP/said" || fail "it does not say what was wrong"
  ! "$ROOT/dev" up --frobnicate >/dev/null 2>"$TMP/said" || fail "an unknown option was taken"
  grep -q "does not know '--frobnicate'" "$TMP/said" || fail "it does not say what was wrong"
  ! "$ROOT/dev" up --replicas none >/dev/null 2>"$TMP/said" || fail "a number that is none was taken"
  grep -q "wants a number from 1 to 9, not 'none'" "$TMP/said" || fail "it does not say what was wrong"
}

FuzzRefusesWhatItCannotRun() {
  local target
  ! "$ROOT/dev" fuzz jose/nothing >/dev/null 2>"$TMP/said" || fail "an unknown target was taken"
  grep -q "no fuzz target 'jose/nothing'" "$TMP/said" || fail "it does not say what was wrong"
  # Those that it names are all that there are, and each has its corpus.
  for target in "$ROOT"/tests/fuzz/*/*_target.cc; do
    target=${target#"$ROOT/tests/fuzz/"}
    grep -q " ${target%_target.cc}\b" "$TMP/said" || fail "it does not know ${target%_target.cc}"
  done
  ! "$ROOT/dev" fuzz --seconds soon >/dev/null 2>"$TMP/said" || fail "a wrong number was taken"
  grep -q "not 'soon'" "$TMP/said" || fail "it does not say what was wrong"
}

StatusOfNothingIsThree() {
  local status=0
  "$ROOT/dev" status >/dev/null || status=$?
  ((status == 3)) || fail "exit code $status"
}

"$1"
