// The handlers of NotesService. No line here checks a token: whoever gets this far may call the
// method.
//
// Thread-safe. Notes live in memory.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "notes.grpc.pb.h"

namespace notes {

class NotesService final : public v1::NotesService::Service {
 public:
  grpc::Status CountNotes(grpc::ServerContext* context, const v1::CountNotesRequest* request,
                          v1::CountNotesResponse* response) override;
  grpc::Status CreateNote(grpc::ServerContext* context, const v1::CreateNoteRequest* request,
                          v1::CreateNoteResponse* response) override;
  grpc::Status ListNotes(grpc::ServerContext* context, const v1::ListNotesRequest* request,
                         v1::ListNotesResponse* response) override;
  grpc::Status StreamNotes(grpc::ServerContext* context, const v1::StreamNotesRequest* request,
                           grpc::ServerWriter<v1::StreamNotesResponse>* writer) override;
  grpc::Status KeepNotes(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::KeepNotesResponse, v1::KeepNotesRequest>* stream) override;
  grpc::Status PurgeNotes(grpc::ServerContext* context, const v1::PurgeNotesRequest* request,
                          v1::PurgeNotesResponse* response) override;

 private:
  grpc::Status Keep(const std::string& owner, const std::string& text, v1::Note* note);
  std::vector<v1::Note> NotesOf(const std::string& owner);

  std::mutex mutex_;
  std::map<std::string, std::vector<v1::Note>> notes_;  // by the owner's user ID
  int64_t last_id_ = 0;
};

}  // namespace notes
