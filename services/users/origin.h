// Origin: where a call came from and who made it, as the façade saw it; what audit events and mails
// are told of it.
//
// A plain value. Texts are untrusted beyond their length and characters (see text.h): the edge
// checks them.
#pragma once

#include <string>

namespace tokenforge::users {

struct Origin {
  std::string actor = {};  // user ID or SPIFFE ID of who acts; empty: nobody who proved anything
  std::string client_id = {};    // SPIFFE ID of the façade's peer
  std::string ip_address = {};   // textual; empty when not known
  std::string device_name = {};  // what a person recognises the device by
  std::string user_agent = {};
  std::string request_id = {};  // `x-request-id`
  std::string trace_id = {};    // W3C, 32 hexadecimal digits
};

}  // namespace tokenforge::users
