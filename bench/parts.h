// The parts of ./dev bench. Each measures on an otherwise idle machine, one after the other, and
// adds its figures.
#pragma once

#include <cstdint>

#include "bench/report.h"

namespace tokenforge::bench {

// How much of something a part takes; main sets them before any runs.
struct Sizes {
  std::int64_t accounts = 1'000'000;  // of MeasureAccounts
  std::int64_t knocks = 2'000;        // at each door, of MeasureEnumeration
};
inline Sizes sizes;

void MeasureTokens(
    Report& report);  // verification and signing against a bare EVP loop; the guard's token cache
void MeasureGuard(Report& report);  // server CPU a call, guarded against unguarded
void MeasureTraces(
    Report& report);  // server CPU and latency of a call whose spans are exported, or cannot be
void MeasureSessions(
    Report& report);  // rotation in the sessions service against its bare script; bytes a session
void MeasureMillion(
    Report& report);  // a million sessions beside ten thousand: memory, refresh, list, end, expiry
void MeasureAccounts(
    Report& report);  // a million accounts on each database: import, look-up, pages
void MeasureRefresh(
    Report& report);  // Refresh through all four services: rate, CPU of every server process
void MeasureLogin(
    Report& report);  // login rate against the bare hash rate; refresh while logins saturate
void MeasureStorm(Report& report);        // what five hundred logins at once do to others
void MeasureEnumeration(Report& report);  // whether times tell who has an account
void MeasureProcesses(Report& report);    // start to ready, and memory at rest
void MeasureRevocation(
    Report& report);  // from Logout, and from RevokeAllKeys, to refusal at 100 guards
void MeasureFlood(
    Report& report);  // honest verification while tokens with invented key IDs pour in
void MeasureFeed(
    Report& report);  // 10,000 idle guards on one façade: memory, and one revocation to all

// The server half of MeasureGuard, in a process of its own: serves until its standard input closes.
// Spans go to `collector` unless it is empty.
int ServeEcho(bool guarded, const char* jwks_file, const char* collector);

}  // namespace tokenforge::bench
