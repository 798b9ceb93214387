// The handlers by themselves: no server, no guard, no token.
#include <gtest/gtest.h>
#include <tokenforge/testing/fake_caller.h>

#include "notes_service.h"

namespace notes {
namespace {

using tokenforge::testing::FakeCaller;

void Keep(NotesService& service, const std::string& owner, const std::string& text) {
  grpc::ServerContext context;
  const FakeCaller caller(context, {.subject = owner});
  v1::CreateNoteRequest request;
  v1::CreateNoteResponse response;
  request.set_text(text);
  EXPECT_TRUE(service.CreateNote(&context, &request, &response).ok());
}

TEST(NotesService, ShowsEachCallerTheirOwnNotes) {
  NotesService service;
  Keep(service, "ada", "of ada");
  Keep(service, "bob", "of bob");
  grpc::ServerContext context;
  const FakeCaller ada(context, {.subject = "ada"});
  const v1::ListNotesRequest request;
  v1::ListNotesResponse response;
  ASSERT_TRUE(service.ListNotes(&context, &request, &response).ok());
  ASSERT_EQ(response.notes_size(), 1);
  EXPECT_EQ(response.notes(0).text(), "of ada");
}

TEST(NotesService, RefusesAnEmptyNote) {
  NotesService service;
  grpc::ServerContext context;
  const FakeCaller ada(context, {.subject = "ada"});
  const v1::CreateNoteRequest request;
  v1::CreateNoteResponse response;
  EXPECT_EQ(service.CreateNote(&context, &request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace notes
