// The API as a manual: the shape that every .proto file under proto/ keeps.
#include <gmock/gmock.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tokenforge/access/v1/access.pb.h"
#include "tokenforge/errors/v1/reason.pb.h"

namespace tokenforge::tree {
namespace {

namespace pb = ::google::protobuf;
using ::testing::IsEmpty;

class ProtoLint : public ::testing::Test, public pb::compiler::MultiFileErrorCollector {
 protected:
  void SetUp() override {
    const std::filesystem::path root = std::filesystem::path(TOKENFORGE_SOURCE_DIR) / "proto";
    sources_.MapPath("", root.string());
    sources_.MapPath("", "/usr/include");  // google/protobuf/*.proto
    importer_ = std::make_unique<pb::compiler::Importer>(&sources_, this);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".proto") continue;
      const pb::FileDescriptor* file =
          importer_->Import(entry.path().lexically_relative(root).generic_string());
      ASSERT_NE(file, nullptr) << entry.path();
      files_.push_back(file);
      for (int i = 0; i < file->message_type_count(); ++i) Collect(file->message_type(i));
      for (int i = 0; i < file->service_count(); ++i) services_.push_back(file->service(i));
    }
    ASSERT_GE(services_.size(), 6u) << "the protos were not found";
  }

  void AddError(const std::string& file, int line, int, const std::string& message) override {
    ADD_FAILURE() << file << ":" << line + 1 << ": " << message;
  }

  void Collect(const pb::Descriptor* message) {
    if (message->options().map_entry()) return;
    messages_.push_back(message);
    for (int i = 0; i < message->nested_type_count(); ++i) Collect(message->nested_type(i));
  }

  template <typename Visit>
  void EachMethod(Visit visit) const {
    for (const pb::ServiceDescriptor* service : services_) {
      for (int i = 0; i < service->method_count(); ++i) visit(service->method(i));
    }
  }

  template <typename Visit>
  void EachField(Visit visit) const {
    for (const pb::Descriptor* message : messages_) {
      for (int i = 0; i < message->field_count(); ++i) visit(message->field(i));
    }
  }

  std::vector<const pb::FileDescriptor*> files_;
  std::vector<const pb::Descriptor*> messages_;
  std::vector<const pb::ServiceDescriptor*> services_;

 private:
  pb::compiler::DiskSourceTree sources_;
  std::unique_ptr<pb::compiler::Importer> importer_;
};

template <typename Descriptor>
bool HasComment(const Descriptor* descriptor) {
  pb::SourceLocation location;
  return descriptor->GetSourceLocation(&location) &&
         !(location.leading_comments.empty() && location.trailing_comments.empty());
}

// The importer knows our options only as bytes: read them again as the types that were compiled in.
template <typename Options>
Options Compiled(const Options& options) {
  Options compiled;
  compiled.ParseFromString(options.SerializeAsString());
  return compiled;
}

bool SaysSomething(const access::v1::Rule& rule) { return rule.ByteSizeLong() > 0; }

TEST_F(ProtoLint, EveryMethodHasARequestAndAResponseOfItsOwn) {
  std::vector<std::string> wrong;
  EachMethod([&](const pb::MethodDescriptor* method) {
    const std::string prefix = method->file()->package() + "." + method->name();
    if (method->input_type()->full_name() != prefix + "Request" ||
        method->output_type()->full_name() != prefix + "Response") {
      wrong.push_back(method->full_name());
    }
  });
  EXPECT_THAT(wrong, IsEmpty());
}

TEST_F(ProtoLint, EveryMethodHasAnAccessRule) {
  std::vector<std::string> open;
  EachMethod([&](const pb::MethodDescriptor* method) {
    const auto options = Compiled(method->options());
    const auto service = Compiled(method->service()->options());
    if (!SaysSomething(options.GetExtension(access::v1::rule)) &&
        !SaysSomething(service.GetExtension(access::v1::default_rule))) {
      open.push_back(method->full_name());
    }
  });
  EXPECT_THAT(open, IsEmpty()) << "say who may call: tokenforge/access/v1/access.proto";
}

TEST_F(ProtoLint, ServicesMethodsEnumsAndSharedMessagesAreExplained) {
  std::vector<std::string> silent;
  std::set<std::string> of_methods;
  EachMethod([&](const pb::MethodDescriptor* method) {
    if (!HasComment(method)) silent.push_back(method->full_name());
    of_methods.insert({method->input_type()->full_name(), method->output_type()->full_name()});
  });
  for (const pb::ServiceDescriptor* service : services_) {
    if (!HasComment(service)) silent.push_back(service->full_name());
  }
  for (const pb::FileDescriptor* file : files_) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      if (!HasComment(file->enum_type(i))) silent.push_back(file->enum_type(i)->full_name());
    }
  }
  for (const pb::Descriptor* message : messages_) {  // a method's comment explains its two messages
    if (!of_methods.contains(message->full_name()) && !HasComment(message))
      silent.push_back(message->full_name());
  }
  EXPECT_THAT(silent, IsEmpty());
}

TEST_F(ProtoLint, FieldsAreExplainedWhereTheyStandOrUnderTheSameNameBesides) {
  std::set<std::string> explained;
  EachField([&](const pb::FieldDescriptor* field) {
    if (HasComment(field)) explained.insert(field->file()->package() + "." + field->name());
  });
  std::string silent;  // one a line: gMock would cut a long list
  EachField([&](const pb::FieldDescriptor* field) {
    const bool by_type = (field->message_type() != nullptr && HasComment(field->message_type())) ||
                         (field->enum_type() != nullptr && HasComment(field->enum_type()));
    if (!by_type && !explained.contains(field->file()->package() + "." + field->name())) {
      silent += field->full_name() + "\n";
    }
  });
  EXPECT_EQ(silent, "");
}

TEST_F(ProtoLint, FieldsThatHoldSecretsAreMarked) {
  static const std::regex secret(
      "(.*_)?password|(access_|refresh_)?token|secret|otpauth_uri|(totp_|recovery_)?codes?|"
      "challenge|recovery_codes");
  std::vector<std::string> unmarked;
  EachField([&](const pb::FieldDescriptor* field) {
    const bool textual = field->type() == pb::FieldDescriptor::TYPE_STRING ||
                         field->type() == pb::FieldDescriptor::TYPE_BYTES;
    if (textual && std::regex_match(field->name(), secret) &&
        !Compiled(field->options()).GetExtension(errors::v1::secret)) {
      unmarked.push_back(field->full_name());
    }
  });
  EXPECT_THAT(unmarked, IsEmpty()) << "mark with [(tokenforge.errors.v1.secret) = true]";
}

TEST_F(ProtoLint, TimesAndSpansAreNamedAndTypedAlike) {
  static const std::regex instant(".*_time|.*_before|.*_valid_from|since|until");
  std::vector<std::string> wrong;
  EachField([&](const pb::FieldDescriptor* field) {
    const std::string type =
        field->message_type() == nullptr ? "" : field->message_type()->full_name();
    const bool named_time = std::regex_match(field->name(), instant);
    if (named_time != (type == "google.protobuf.Timestamp")) wrong.push_back(field->full_name());
  });
  EXPECT_THAT(wrong, IsEmpty())
      << "an instant is a google.protobuf.Timestamp named …_time, …_before, …_valid_from, since or until";
}

TEST_F(ProtoLint, EnumsBeginWithUnspecified) {
  std::vector<std::string> wrong;
  for (const pb::FileDescriptor* file : files_) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const pb::EnumDescriptor* type = file->enum_type(i);
      if (!type->FindValueByNumber(0)->name().ends_with("_UNSPECIFIED"))
        wrong.push_back(type->full_name());
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace tokenforge::tree
