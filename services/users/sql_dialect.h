// Everything in which PostgreSQL and SQLite differ for us: how to connect, how transactions begin
// and lock, one column type, and what an error means. All other SQL is the same text for both.
//
// Immutable; thread-safe. Connections are not: each belongs to one worker thread.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace soci {
class session;
}

namespace tokenforge::users {

struct SqlTimeouts {
  std::chrono::seconds connect{3};
  // How long one statement may run, or wait for a lock. PostgreSQL ends it there; over TCP the
  // kernel ends a connection whose peer has been silent for twice as long. A server that hangs does
  // neither: see SqlStallWatch.
  std::chrono::seconds statement{5};
};

// What an exception of SOCI means to us.
struct SqlFault {
  enum Kind {
    kDuplicate,  // a unique column holds the value already
    kLost,       // the connection is gone, or there never was one; a new one may do
    kBusy,       // the database answers, but not in time, or it cannot write just now
    kBroken,     // a statement or a schema that is not ours: a bug or a damaged database
  };
  Kind kind = kBroken;
  // For the log: "SQLSTATE 57P01", "SQLite error 10". Never the library's own text: what() holds
  // every bound value, and PostgreSQL's detail lines hold those of a violated key.
  std::string code;

  absl::Status ToStatus() const;
};

class SqlDialect {
 public:
  // `sqlite:///absolute/path` or `postgresql://user@host:port/database?option=value` (libpq's form;
  // a unix socket as `postgresql://user@/database?host=/directory`). The password comes apart from
  // the URL: INVALID_FIELD on `database-url` when the URL holds one, or is none of the two, or an
  // option of it holds a blank or a quote.
  static absl::StatusOr<std::unique_ptr<const SqlDialect>> ForUrl(const std::string& url,
                                                                  const secret::Secret& password,
                                                                  const SqlTimeouts& timeouts);
  virtual ~SqlDialect() = default;

  virtual std::string_view name() const = 0;  // "postgresql", "sqlite"

  // A new connection. Throws soci::soci_error.
  virtual std::unique_ptr<soci::session> Connect() const = 0;

  // Makes it ready for use: the first thing that it is asked. Throws soci::soci_error.
  virtual void Prepare(soci::session& session) const = 0;

  // Its socket, for SqlStallWatch; -1 when it has none.
  virtual int SocketOf(soci::session& session) const = 0;

  // Begins a transaction that no other migration runs beside. Throws soci::soci_error.
  virtual void BeginMigration(soci::session& session) const = 0;

  // Begins a transaction that will write. Throws soci::soci_error.
  virtual void BeginWrite(soci::session& session) const = 0;

  // What a select ends with, inside such a transaction, to keep its rows from other writers.
  virtual std::string_view for_update() const = 0;
  // The same, passing over rows that another transaction keeps.
  virtual std::string_view for_update_of_free() const = 0;

  // The type of a text column that is compared byte by byte, whatever the database's collation.
  virtual std::string_view key_type() const = 0;

  // What the exception that is being handled means; for use in a catch block of soci::soci_error.
  virtual SqlFault CurrentFault() const = 0;
};

}  // namespace tokenforge::users
