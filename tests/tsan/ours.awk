# Sorts ThreadSanitizer reports into ours and Debian's: awk -f ours.awk REPORTS…
#
# Debian's gRPC, protobuf, abseil and OpenSSL are not built with ThreadSanitizer, and synchronise with atomics that it
# cannot see: each hand-over inside them looks like a race. Suppressions by module do not help: every handler of ours runs
# below a frame of libgrpc, so they would hide our own races too. Instead a report counts as ours when both of its accesses
# were made by this tree: their first frames outside the standard library and the sanitizer lie in our sources. What
# std::function does with a closure of ours, copying or destroying it, is done by whoever holds the function. A report
# that is no data race (a deadlock, a leaked thread, a misused mutex) counts as ours when any frame is ours.
# Prints each of ours, then one line of totals; exits 1 when there is one of ours.

function is_ours(frame) {
  return frame ~ /(^|[^a-z_])(lib|services|interceptors|cli|tests|bench)\/[a-z0-9_\/]+\.(cc|h):[0-9]+/ && frame !~ /\/usr\/include\//
}
function is_neutral(frame) {
  return frame ~ /\/usr\/include\/c\+\+\// || frame ~ /libsanitizer/ || frame ~ /operator (new|delete)/ || frame ~ /<null> \(libtsan/
}
# Called by std::function to copy or destroy what it holds; a call of it is _Function_handler<…>::_M_invoke instead.
function is_closure_keeping(frame) {
  return frame ~ /^ *#[0-9]+ (void |bool )?std::_Function_base::_Base_manager</
}
# The access belongs to the frame that was found, unless it turned out to be a closure's copy.
function decide() {
  if (found) ++owned
  found = looking = 0
}
function settle() {
  decide()
  if (report == "") return
  ++total
  if (race ? (accesses >= 2 && owned >= 2) : any) {
    ++ours
    print report
  }
  report = ""
}
/^WARNING: ThreadSanitizer/ {
  settle()
  race = /data race|use-after-free/
  accesses = owned = any = 0
  looking = 0
}
/^WARNING: ThreadSanitizer/, /^SUMMARY: ThreadSanitizer/ { report = report $0 "\n" }
/^  (Read|Write|Atomic read|Atomic write|Previous|\[failed)/ { decide(); ++accesses; looking = 1; next }
/^  [A-Z]/ || /^$/ { decide() }
/^    #/ {
  if (is_ours($0)) any = 1
  if (found && is_closure_keeping($0)) {
    found = 0
  } else if (found) {
    decide()
  } else if (looking && !is_neutral($0)) {
    found = is_ours($0)
    looking = found
  }
}
END {
  settle()
  printf "ThreadSanitizer: %d reports, %d of them with both accesses in this tree\n", total, ours
  exit ours > 0
}
