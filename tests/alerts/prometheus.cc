#include "tests/alerts/prometheus.h"

#include <httplib.h>
#include <rapidjson/document.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tokenforge::systemtest {
namespace {

constexpr std::chrono::milliseconds kLook{200};
constexpr int kMostAsked = 60;

[[noreturn]] void Give(const std::string& why) {
  std::fprintf(stderr, "prometheus: %s\n", why.c_str());
  std::exit(3);
}

bool HasLabel(const rapidjson::Value& labels, const std::string& wanted) {
  if (wanted.empty()) return true;
  const std::size_t equals = wanted.find('=');
  const auto label = labels.FindMember(wanted.substr(0, equals).c_str());
  return label != labels.MemberEnd() && wanted.substr(equals + 1) == label->value.GetString();
}

}  // namespace

Prometheus::Prometheus(const Suite& suite) : port_(FreePort()) {
  std::string folder = "/tmp/tokenforge-prometheus-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) Give("no folder");
  folder_ = folder;
  WriteConfiguration(suite);
  const std::string log = folder_ + "/log";
  if (!process_.Start({"/usr/bin/prometheus", "--config.file=" + folder_ + "/prometheus.yaml",
                       "--storage.tsdb.path=" + folder_ + "/data", "--log.level=warn",
                       "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
                      log)) {
    Give("it is not installed: ./dev deps installs it");
  }
  while (Suite::HttpGet(port_, "/-/ready").find("200 OK") == std::string::npos) {
    if (!process_.WaitForEnd(kLook)) continue;
    std::stringstream said;
    said << std::ifstream(log).rdbuf();
    Give("it ended: " + said.str());
  }
}

Prometheus::~Prometheus() {
  process_.Kill(SIGKILL);
  process_.WaitForEnd(std::chrono::seconds(60));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Prometheus::WriteConfiguration(const Suite& suite) const {
  const std::string rules = folder_ + "/rules.yaml";
  const std::string make =
      "/usr/bin/python3 -B " TOKENFORGE_SOURCE_DIR "/tests/alerts/quick_rules.py " + rules;
  if (std::system(make.c_str()) != 0) Give("the rules could not be written");
  std::ofstream file(folder_ + "/prometheus.yaml");
  file << "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
       << "rule_files: [" << rules << "]\n"
       << "scrape_configs:\n";
  for (const char* job : {"auth", "users", "keys", "sessions"}) {
    file << "  - job_name: " << job
         << "\n    static_configs:\n      - targets: [127.0.0.1:" << suite.operators_port(job)
         << "]\n        labels: {namespace: tokenforge}\n";
  }
}

std::vector<std::string> Prometheus::Firing(const std::string& alert,
                                            const std::string& label) const {
  std::this_thread::sleep_for(kLook);  // the pace of whoever waits, not a time that is measured
  rapidjson::Document document;
  for (int asked = 0;; ++asked) {  // on a busy machine an answer may not come in its time
    // Not Suite::HttpGet: a long list comes in chunks.
    const auto answer = httplib::Client("127.0.0.1", port_).Get("/api/v1/alerts");
    if (answer && !document.Parse(answer->body.c_str()).HasParseError()) break;
    if (asked == kMostAsked) Give("no list of alerts");
  }
  std::vector<std::string> summaries;
  for (const auto& each : document["data"]["alerts"].GetArray()) {
    if (alert == each["labels"]["alertname"].GetString() &&
        std::string_view(each["state"].GetString()) == "firing" &&
        HasLabel(each["labels"], label)) {
      summaries.emplace_back(each["annotations"]["summary"].GetString());
    }
  }
  return summaries;
}

bool Prometheus::Await(const std::string& alert, bool fires, const std::string& label) const {
  return AwaitWhile(alert, fires, label, [] {});
}

}  // namespace tokenforge::systemtest
