#include "services/users/account_store_memory.h"

#include <chrono>
#include <utility>

#include "services/users/store_errors.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

bool HasNul(const NewAccount& account) {
  for (const std::string* text : {&account.user_id, &account.given_name, &account.family_name}) {
    if (text->find('\0') != std::string::npos) return true;
  }
  return account.password_hash.Expose().find('\0') != std::string_view::npos;
}

Account AccountOf(NewAccount& fresh) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(fresh.create_time);
  return {.user_id = fresh.user_id,
          .email = fresh.email,
          .given_name = std::move(fresh.given_name),
          .family_name = std::move(fresh.family_name),
          .create_time = now,
          .update_time = now};
}

}  // namespace

absl::StatusOr<const Credentials*> AccountStoreMemory::Find(const std::string& user_id) const {
  if (!failure_.ok()) return failure_;
  const auto found = by_id_.find(user_id);
  if (found == by_id_.end()) return AccountNotFound();
  return &found->second;
}

absl::StatusOr<const Credentials*> AccountStoreMemory::Find(const CanonicalEmail& email) const {
  if (!failure_.ok()) return failure_;
  const auto found = id_by_email_.find(email.text());
  if (found == id_by_email_.end()) return AccountNotFound();
  return Find(found->second);
}

absl::StatusOr<Account> AccountStoreMemory::CreateNow(NewAccount fresh) {
  if (HasNul(fresh)) return HoldsNul();
  sync::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  if (const auto there = Find(fresh.user_id); there.ok()) {
    if ((*there)->account.email == fresh.email) return (*there)->account;
    return UserIdTaken();
  }
  if (!id_by_email_.emplace(fresh.email.text(), fresh.user_id).second) return EmailTaken();
  Credentials stored{AccountOf(fresh), std::move(fresh.password_hash)};
  Account account = stored.account;
  by_id_.emplace(account.user_id, std::move(stored));
  return account;
}

async::Task<absl::StatusOr<Account>> AccountStoreMemory::Create(Deadline, NewAccount account) {
  co_return CreateNow(std::move(account));
}

async::Task<absl::StatusOr<Account>> AccountStoreMemory::FindById(Deadline, std::string user_id) {
  sync::MutexLock lock(&mutex_);
  const auto found = Find(user_id);
  if (!found.ok()) co_return found.status();
  co_return (*found)->account;
}

async::Task<absl::StatusOr<Account>> AccountStoreMemory::FindByEmail(Deadline,
                                                                     CanonicalEmail email) {
  sync::MutexLock lock(&mutex_);
  const auto found = Find(email);
  if (!found.ok()) co_return found.status();
  co_return (*found)->account;
}

async::Task<absl::StatusOr<Credentials>> AccountStoreMemory::FindCredentials(Deadline,
                                                                             CanonicalEmail email) {
  sync::MutexLock lock(&mutex_);
  const auto found = Find(email);
  if (!found.ok()) co_return found.status();
  co_return Credentials{(*found)->account, (*found)->password_hash.Clone()};
}

async::Task<absl::Status> AccountStoreMemory::Ping(Deadline) {
  sync::MutexLock lock(&mutex_);
  co_return failure_;
}

void AccountStoreMemory::FailWith(absl::Status failure) {
  sync::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
}

void AccountStoreMemory::SetDisabled(const std::string& user_id, bool disabled) {
  sync::MutexLock lock(&mutex_);
  const auto found = by_id_.find(user_id);
  if (found != by_id_.end()) found->second.account.disabled = disabled;
}

}  // namespace tokenforge::users
