#include "pages.h"

namespace gateway {

const char kLoginPage[] = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Log in</title>
<h1>Log in</h1>
<form method="post" action="/login">
  <label>Email <input name="email" type="email" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Log in</button>
</form>
<h1>Register</h1>
<form method="post" action="/register">
  <label>Given name <input name="given_name" autocomplete="given-name"></label>
  <label>Family name <input name="family_name" autocomplete="family-name"></label>
  <label>Email <input name="email" type="email" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="new-password" required></label>
  <button>Register</button>
</form>
</html>
)";

const char kCodePage[] = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>One more step</title>
<h1>One more step</h1>
<form method="post" action="/code">
  <label>The code that your app shows, or a recovery code
    <input name="code" autocomplete="one-time-code" required></label>
  <button>Log in</button>
</form>
</html>
)";

const char kPersonPage[] = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Logged in</title>
<h1>You are logged in</h1>
<p><a href="/me">Who the suite thinks you are</a></p>
<form method="post" action="/logout"><button>Log out</button></form>
</html>
)";

}  // namespace gateway
