// Real certificates for tests, made by the openssl command line in a directory of its own.
//
// Not thread-safe. The directory goes with the object.
#pragma once

#include <string>

#include "lib/rpc/tls.h"

namespace tokenforge::rpc::testing {

// What goes into a leaf; the defaults make a good X509-SVID.
struct Leaf {
  std::string san = "URI:spiffe://example.org/web";  // empty: none
  std::string constraints = "critical,CA:FALSE";
  std::string usage = "critical,digitalSignature";  // empty: none
  std::string key = "ec";                           // "ec", "rsa2048", "rsa1024"
  std::string ca = "ca";                            // name of the CA that signs
  int days = 2;                                     // negative: expired already
};

class Certs {
 public:
  Certs();  // with a CA "ca"
  ~Certs();
  Certs(const Certs&) = delete;
  Certs& operator=(const Certs&) = delete;

  void MakeCa(const std::string& name);
  // Writes NAME.crt and NAME.key, over old ones too.
  TlsFiles Make(const std::string& name, const Leaf& leaf = {});
  TlsFiles MakeFor(const std::string& id);  // a good leaf named after its SPIFFE ID's path

  std::string Path(const std::string& file) const { return directory_ + "/" + file; }

 private:
  void Run(const std::string& command) const;
  std::string directory_;
};

std::string Read(const std::string& path);
void Write(const std::string& path, const std::string& content);

}  // namespace tokenforge::rpc::testing
