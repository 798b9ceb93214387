#include "cli/proto_files.h"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <fstream>
#include <set>

#include "tokenforge/access/v1/access.pb.h"

namespace tokenforge::cli {
namespace {

namespace pb = ::google::protobuf;
using Faults = std::vector<errors::FieldFault>;

// Writes what the protobuf library complains about into a list of faults.
class Complaints final : public pb::compiler::MultiFileErrorCollector,
                         public pb::DescriptorPool::ErrorCollector {
 public:
  void SendTo(Faults* faults) { faults_ = faults; }

  void AddError(const std::string& file, int line, int, const std::string& message) override {
    const std::string place = line < 0 ? file : file + ":" + std::to_string(line + 1);
    if (faults_ != nullptr) faults_->push_back({place, message});
  }
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& message) override {
    if (faults_ != nullptr) faults_->push_back({file, element + ": " + message});
  }

 private:
  Faults* faults_ = nullptr;
};

}  // namespace

struct ProtoFiles::Parts {
  // Files that are not below the folders come from this program itself.
  Parts()
      : built_in(*pb::DescriptorPool::generated_pool()),
        sources(&tree, &built_in),
        pool(&sources, sources.GetValidationErrorCollector()) {
    sources.RecordErrorsTo(&complaints);
    access::v1::Rule::descriptor();  // so that its file is among them
  }

  void TakeIn(const pb::FileDescriptor& file) {
    for (int i = 0; i < file.service_count(); ++i) {
      if (names.insert(file.service(i)->full_name()).second) services.push_back(file.service(i));
    }
  }

  Complaints complaints;
  pb::compiler::DiskSourceTree tree;
  pb::DescriptorPoolDatabase built_in;
  pb::compiler::SourceTreeDescriptorDatabase sources;
  pb::DescriptorPool pool;      // of .proto files
  pb::DescriptorPool set_pool;  // of descriptor sets
  std::vector<const pb::ServiceDescriptor*> services;
  std::set<std::string> names;
};

ProtoFiles::ProtoFiles(const std::vector<std::string>& import_folders)
    : parts_(std::make_unique<Parts>()) {
  for (const std::string& folder : import_folders) parts_->tree.MapPath("", folder);
  if (import_folders.empty()) parts_->tree.MapPath("", ".");
}

ProtoFiles::~ProtoFiles() = default;

void ProtoFiles::AddProto(const std::string& path, Faults& faults) {
  using Tree = pb::compiler::DiskSourceTree;
  std::string name, shadowing;
  switch (parts_->tree.DiskFileToVirtualFile(path, &name, &shadowing)) {
    case Tree::SUCCESS:
      break;
    case Tree::SHADOWED:
      return faults.push_back({path, "is hidden by " + shadowing + ", which an earlier -I finds"});
    case Tree::CANNOT_OPEN:
      return faults.push_back({path, "cannot be read"});
    case Tree::NO_MAPPING:
      // protoc's other way to name a file: as an import would.
      name = path;
  }
  const std::size_t before = faults.size();
  parts_->complaints.SendTo(&faults);
  const pb::FileDescriptor* const file = parts_->pool.FindFileByName(name);
  parts_->complaints.SendTo(nullptr);
  if (file != nullptr) return parts_->TakeIn(*file);
  if (faults.size() == before) faults.push_back({path, "is not below any folder given with -I"});
}

void ProtoFiles::AddDescriptorSet(const std::string& path, Faults& faults) {
  std::ifstream file(path, std::ios::binary);
  pb::FileDescriptorSet set;
  if (!file) return faults.push_back({path, "cannot be read"});
  if (!set.ParseFromIstream(&file) || set.file_size() == 0) {
    return faults.push_back({path, "is no descriptor set: protoc --descriptor_set_out writes one"});
  }
  parts_->complaints.SendTo(&faults);
  for (const pb::FileDescriptorProto& one : set.file()) {
    const pb::FileDescriptor* built = parts_->set_pool.FindFileByName(one.name());
    if (built == nullptr) {
      built = parts_->set_pool.BuildFileCollectingErrors(one, &parts_->complaints);
    }
    if (built != nullptr) {
      parts_->TakeIn(*built);
    } else {
      faults.push_back({path, one.name() + " is not complete: write the set with protoc's "
                                           "--include_imports"});
    }
  }
  parts_->complaints.SendTo(nullptr);
}

const std::vector<const pb::ServiceDescriptor*>& ProtoFiles::services() const {
  return parts_->services;
}

}  // namespace tokenforge::cli
