// A registration of which nobody may learn whether its address was free: the call only notes it,
// in the outbox, and the mail worker makes the account or tells the owner of the one there is.
//
// Why not in the call: storing an account and finding that the address is taken are different work,
// and a patient stranger can tell them apart by time. The password is hashed before; the note holds
// the hash, as the account would. Pure functions; thread-safe.
#pragma once

#include <optional>

#include "lib/secret/secret.h"
#include "services/users/account.h"
#include "services/users/beside.h"
#include "services/users/origin.h"
#include "services/users/queued_mail.h"
#include "services/users/registration.h"

namespace tokenforge::users {

MailIntent NoteOf(const Registration& registration, const secret::Secret& password_hash,
                  const Origin& origin, clock::WallTime now);

struct NotedRegistration {
  NewAccount account;
  Beside created;  // beside the account: its event, and a mail that asks to verify the address
  Beside taken;    // when somebody has the address: a mail that tells them
};

// Nothing when this is no such note.
std::optional<NotedRegistration> NotedIn(const QueuedMail& note, clock::WallTime now);

}  // namespace tokenforge::users
