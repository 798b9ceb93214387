#include "services/auth/status/style.h"

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"

namespace tokenforge::auth::status {

Literal Stylesheet() {
  return R"css(
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#1b2330;--soft:#4d5a6b;--rule:#d5dbe3;
--good:#0b6b3a;--goodbg:#ddf3e6;--warn:#8a4b00;--warnbg:#fdeccf;--bad:#a3152a;--badbg:#fbdfe2;
--note:#1b4f9c;--notebg:#dfeafb;--bar1:#2f6fc4;--bar2:#c77700;--bar3:#8e1230;--void:#e7ebf0}
@media (prefers-color-scheme:dark){:root{--paper:#10151c;--card:#18202a;--ink:#e8edf3;--soft:#a9b6c5;--rule:#303c4a;
--good:#7fdba6;--goodbg:#123524;--warn:#ffc774;--warnbg:#3b2a0d;--bad:#ff9aa6;--badbg:#431620;
--note:#9cc4ff;--notebg:#152c4f;--bar1:#6fa8f5;--bar2:#ffbe55;--bar3:#ff6b85;--void:#222c38}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{display:flex;flex-wrap:wrap;align-items:center;gap:4px 16px;padding-top:20px}
h1{font-size:24px;margin:0}
h2{font-size:17px;margin:0 0 8px}
header p{margin:0;flex-basis:100%;color:var(--soft)}
main{display:grid;grid-template-columns:repeat(6,1fr);gap:16px;padding-top:16px}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;grid-column:span 6;min-width:0}
.half{grid-column:span 3}
.alarm{border-color:var(--bad);border-left-width:6px}
.alarm ul{margin:0;padding-left:20px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:6px;font-size:13.5px}
th,td{text-align:left;padding:5px 12px 5px 0;border-top:1px solid var(--rule);vertical-align:baseline;white-space:nowrap}
thead th{border-top:0;color:var(--soft);font-weight:600;font-size:13.5px}
tbody th{font-weight:600}
td.wide{white-space:normal;overflow-wrap:anywhere;min-width:12em}
td.number,th.number{text-align:right}
code{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace}
.badge{display:inline-block;border-radius:9px;padding:0 9px;font-weight:600;font-size:13.5px;color:var(--soft);background:var(--void)}
.good{color:var(--good);background:var(--goodbg)}
.warn{color:var(--warn);background:var(--warnbg)}
.bad{color:var(--bad);background:var(--badbg)}
.note{color:var(--note);background:var(--notebg)}
.age{color:var(--soft);font-size:13.5px;margin:8px 0 0}
.old{color:var(--bad);font-weight:600}
figure{margin:0;min-width:0}
figcaption{font-weight:600;margin-bottom:4px}
.plot{width:100%;height:auto;display:block}
.plots{display:grid;grid-template-columns:repeat(3,1fr);gap:8px 22px}
.plot text{fill:var(--soft);font-size:20px}
.plot .y,.plot .end{text-anchor:end}
.plot .middle{text-anchor:middle}
.grid{stroke:var(--rule)}
.unknown{fill:var(--void)}
.b1{fill:var(--bar1)}
.b2{fill:var(--bar2)}
.b3{fill:var(--bar3)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0 0;padding:0;font-size:13.5px;color:var(--soft)}
.legend b{color:var(--ink)}
.key{width:10px;height:10px}
footer{color:var(--soft);font-size:13.5px;padding-top:14px;padding-bottom:28px}
@media (max-width:820px){header,main,footer{padding-left:12px;padding-right:12px}.half{grid-column:span 6}section{padding:12px}.plots{grid-template-columns:1fr}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#333;--rule:#999;--good:#0b6b3a;--goodbg:#fff;--warn:#8a4b00;--warnbg:#fff;
--bad:#a3152a;--badbg:#fff;--note:#1b4f9c;--notebg:#fff;--bar1:#2f6fc4;--bar2:#c77700;--bar3:#8e1230;--void:#eee}
body{font-size:11px}section{break-inside:avoid;border-color:#999}main{gap:8px}.badge{border:1px solid currentColor}}
)css";
}

operators::HttpHeaders SecurityHeaders() {
  const secret::Digest digest = secret::Sha256(Stylesheet().text());
  const std::string_view bytes = secret::AsBytes(digest);
  const std::string hash = absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  return {{"Content-Security-Policy",
           "default-src 'none'; style-src 'sha256-" + hash +
               "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", "no-store"},
          {"X-Robots-Tag", "noindex"}};
}

}  // namespace tokenforge::auth::status
