// The schema, as numbered steps that only go forward.
//
// Applied by whichever process connects first, under a lock that the others wait for. A step, once
// released, is never changed: what is to be different is a new step. A step must leave the schema
// usable for the release before it, so that replicas can be replaced one by one; it names the
// oldest program that can work with it, so that such a replica may also start, and connect, again.
#pragma once

#include "absl/status/status.h"

namespace soci {
class session;
}

namespace tokenforge::users {

class SqlDialect;

// The number of the newest step.
int LatestSchemaVersion();

// Brings the database up to LatestSchemaVersion(); does nothing but read when it is there.
// INTERNAL_FAULT when the database is newer than this program, and not usable for it. Throws soci::soci_error; then
// nothing of the failed step was applied, and the session must be thrown away.
absl::Status Migrate(const SqlDialect& dialect, soci::session& session);

}  // namespace tokenforge::users
