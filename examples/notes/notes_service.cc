#include "notes_service.h"

#include <tokenforge/caller.h>

namespace notes {
namespace {

constexpr std::size_t kNotesEach = 100;
constexpr std::size_t kTextBytes = 1000;

}  // namespace

grpc::Status NotesService::CountNotes(grpc::ServerContext*, const v1::CountNotesRequest*,
                                      v1::CountNotesResponse* response) {
  const std::lock_guard lock(mutex_);
  int64_t count = 0;
  for (const auto& [owner, notes] : notes_) count += static_cast<int64_t>(notes.size());
  response->set_count(count);
  return grpc::Status::OK;
}

grpc::Status NotesService::CreateNote(grpc::ServerContext* context,
                                      const v1::CreateNoteRequest* request,
                                      v1::CreateNoteResponse* response) {
  const tokenforge::Caller caller = tokenforge::CallerOf(*context);
  return Keep(caller.subject(), request->text(), response->mutable_note());
}

grpc::Status NotesService::ListNotes(grpc::ServerContext* context, const v1::ListNotesRequest*,
                                     v1::ListNotesResponse* response) {
  for (v1::Note& note : NotesOf(tokenforge::CallerOf(*context).subject())) {
    *response->add_notes() = std::move(note);
  }
  return grpc::Status::OK;
}

grpc::Status NotesService::StreamNotes(grpc::ServerContext* context, const v1::StreamNotesRequest*,
                                       grpc::ServerWriter<v1::StreamNotesResponse>* writer) {
  for (v1::Note& note : NotesOf(tokenforge::CallerOf(*context).subject())) {
    v1::StreamNotesResponse response;
    *response.mutable_note() = std::move(note);
    if (!writer->Write(response)) break;
  }
  return grpc::Status::OK;
}

grpc::Status NotesService::KeepNotes(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::KeepNotesResponse, v1::KeepNotesRequest>* stream) {
  const tokenforge::Caller caller = tokenforge::CallerOf(*context);
  v1::KeepNotesRequest request;
  while (stream->Read(&request)) {
    v1::KeepNotesResponse response;
    const grpc::Status kept = Keep(caller.subject(), request.text(), response.mutable_note());
    if (!kept.ok()) return kept;
    if (!stream->Write(response)) break;
  }
  return grpc::Status::OK;
}

grpc::Status NotesService::PurgeNotes(grpc::ServerContext*, const v1::PurgeNotesRequest*,
                                      v1::PurgeNotesResponse* response) {
  const std::lock_guard lock(mutex_);
  int64_t purged = 0;
  for (const auto& [owner, notes] : notes_) purged += static_cast<int64_t>(notes.size());
  notes_.clear();
  response->set_purged(purged);
  return grpc::Status::OK;
}

grpc::Status NotesService::Keep(const std::string& owner, const std::string& text, v1::Note* note) {
  if (text.empty() || text.size() > kTextBytes) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "text: must have 1 to 1,000 bytes"};
  }
  const std::lock_guard lock(mutex_);
  std::vector<v1::Note>& notes = notes_[owner];
  if (notes.size() >= kNotesEach) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "100 notes are kept already"};
  }
  note->set_note_id(++last_id_);
  note->set_text(text);
  notes.push_back(*note);
  return grpc::Status::OK;
}

std::vector<v1::Note> NotesService::NotesOf(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  const auto found = notes_.find(owner);
  return found == notes_.end() ? std::vector<v1::Note>() : found->second;
}

}  // namespace notes
