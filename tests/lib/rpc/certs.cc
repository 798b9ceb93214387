#include "tests/lib/rpc/certs.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tokenforge::rpc::testing {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void Write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

Certs::Certs() {
  std::string path = (std::filesystem::temp_directory_path() / "tokenforge-certs-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = path;
  Write(Path("req.cnf"), "[req]\ndistinguished_name = dn\n[dn]\n");
  MakeCa("ca");
}

Certs::~Certs() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Certs::Run(const std::string& command) const {
  const std::string whole =
      "cd '" + directory_ + "' && { " + command + " ; } >openssl.log 2>&1 </dev/null";
  if (std::system(whole.c_str()) != 0) {
    throw std::runtime_error(command + "\n" + Read(Path("openssl.log")));
  }
}

void Certs::MakeCa(const std::string& name) {
  Run("openssl req -x509 -config req.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "
      "30 "
      "-subj /CN=" +
      name + " -keyout " + name + ".key -out " + name +
      ".crt "
      "-addext basicConstraints=critical,CA:TRUE "
      "-addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash");
}

TlsFiles Certs::Make(const std::string& name, const Leaf& leaf) {
  std::string extensions = "[leaf]\nbasicConstraints=" + leaf.constraints + "\n";
  if (!leaf.usage.empty()) extensions += "keyUsage=" + leaf.usage + "\n";
  if (!leaf.san.empty()) extensions += "subjectAltName=" + leaf.san + "\n";
  Write(Path("leaf.cnf"), extensions);
  const std::string kind =
      leaf.key == "ec" ? "ec -pkeyopt ec_paramgen_curve:P-256" : "rsa:" + leaf.key.substr(3);
  Run("openssl req -config req.cnf -new -newkey " + kind + " -nodes -subj /CN=" + name +
      " -keyout new.key -out new.csr && openssl x509 -req -in new.csr -CA " + leaf.ca +
      ".crt -CAkey " + leaf.ca + ".key -CAcreateserial -days " + std::to_string(leaf.days) +
      " -extfile leaf.cnf -extensions leaf -out new.crt && mv new.key " + name +
      ".key && mv new.crt " + name + ".crt");
  return {Path(name + ".crt"), Path(name + ".key"), Path(leaf.ca + ".crt")};
}

TlsFiles Certs::MakeFor(const std::string& id) {
  return Make(id.substr(id.rfind('/') + 1), {.san = "URI:" + id});
}

}  // namespace tokenforge::rpc::testing
