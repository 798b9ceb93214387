// ProtoFiles: the services of .proto files, or of descriptor sets that protoc wrote, as descriptors
// with their access rules.
//
// A .proto file is found below the import folders, as protoc does it; google/protobuf/*.proto and
// tokenforge/access/v1/access.proto are built in and need no folder. Descriptors live as long as
// this object. Used by one thread; reads files, and nothing of them is executed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/errors/errors.h"

namespace google::protobuf {
class ServiceDescriptor;
}

namespace tokenforge::cli {

class ProtoFiles {
 public:
  // `import_folders` as protoc's -I; none: the current folder.
  explicit ProtoFiles(const std::vector<std::string>& import_folders);
  ~ProtoFiles();

  // Takes in the services of a .proto file, not those of its imports. Faults: it is not below an
  // import folder, cannot be read, or does not compile.
  void AddProto(const std::string& path, std::vector<errors::FieldFault>& faults);

  // Takes in the services of every file of `protoc --include_imports --descriptor_set_out=path`.
  // Faults: it cannot be read, is no descriptor set, or lacks imports.
  void AddDescriptorSet(const std::string& path, std::vector<errors::FieldFault>& faults);

  // In the order in which they were taken in, each once.
  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tokenforge::cli
