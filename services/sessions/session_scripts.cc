#include "services/sessions/session_scripts.h"

#include <string>

#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions::scripts {
namespace {

// Reading, writing and ending, for all. The layout is that of session_record.h.
constexpr const char* kCommon = R"lua(
local now, idle, absolute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local fixed = 29  -- bytes of a record before its moves

-- What was created up to the epoch is over, and treated as what has expired.
local epoch = redis.call('GET', KEYS[3]) or '-1'
if not tonumber(epoch) then return redis.error_reply('DAMAGED epoch') end
epoch = tonumber(epoch)

local value = redis.call('GET', KEYS[1])
local live = {}
if value then
  if string.byte(value) ~= 1 then return redis.error_reply('DAMAGED sessions') end
  local at = 2
  while at <= #value do
    local id, size, created, generation, count = struct.unpack('>c16I2I6I4I1', value, at)
    local used = created
    if count > 0 then used = struct.unpack('>I6', value, at + fixed + 6 * (count - 1)) end
    local stop = math.min(created + absolute, used + idle)
    local after = at + 18 + size
    if now < stop and created > epoch then
      live[#live + 1] = {id = id, created = created, generation = generation, count = count,
                         stop = stop, moves = at + fixed, at = at, after = after, raw = string.sub(value, at, after - 1)}
    end
    at = after
  end
end

local function find(id)
  for i, session in ipairs(live) do
    if session.id == id then return i, session end
  end
end

local function save()
  if #live == 0 then return redis.call('DEL', KEYS[1]) end
  local parts, last = {'\1'}, 0
  for _, session in ipairs(live) do
    parts[#parts + 1] = session.raw
    last = math.max(last, session.stop)
  end
  redis.call('SET', KEYS[1], table.concat(parts), 'PX', string.format('%.0f', last - now))
end

local function log(entry)
  local time = redis.call('TIME')
  local oldest = string.format('%.0f', time[1] * 1000 - ARGV[5])
  redis.call('XADD', KEYS[2], 'MINID', '~', oldest, '*', 'r', entry)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end

local function revoke(kind, id, before)
  log(struct.pack('>c1I6I6c0', kind, tonumber(ARGV[4]), tonumber(before), id))
end

-- Ends the sessions with these IDs, each with its revocation.
local function finish(ids)
  for _, id in ipairs(ids) do
    table.remove(live, (find(id)))
    revoke('s', id, 0)
  end
  if #ids > 0 then save() end
  return ids
end
)lua";

constexpr const char* kAdd = R"lua(
local most, id, record = tonumber(ARGV[6]), ARGV[7], ARGV[8]
local mine = find(id)
if mine then table.remove(live, mine) end
local ended = {}
while #live >= most do
  local oldest = 1
  for i = 2, #live do
    if live[i].created < live[oldest].created then oldest = i end
  end
  ended[#ended + 1] = live[oldest].id
  revoke('s', live[oldest].id, 0)
  table.remove(live, oldest)
end
live[#live + 1] = {id = id, raw = record, stop = now + math.min(idle, absolute)}
save()
return ended
)lua";

constexpr const char* kRotate = R"lua(
local grace, reuse, user, before = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]
local id, presented, client = ARGV[10], tonumber(ARGV[11]), ARGV[12]
local _, mine = find(id)
if not mine then return {'ended'} end

local rest = mine.moves + 6 * mine.count
local theirs, name, agent, address, amr, tail = struct.unpack('>I2c0I2c0I2c0I2c0I2c0', value, rest)
if client ~= '' and theirs ~= '' and client ~= theirs then return {'other_client'} end

local function move(i) return struct.unpack('>I6', value, mine.moves + 6 * (i - 1)) end

local behind = mine.generation - presented
local in_grace = behind > 0 and behind <= mine.count and now - move(mine.count - behind + 1) < grace
if behind > mine.count and mine.count > 0 then  -- overtaken? see session_rules.h
  local late = move(mine.count) - now
  in_grace = late > 0 and late <= 300000
end
if behind > 0 and not in_grace then
  if reuse == 'session' then return {'reused', finish({id}), mine.raw} end
  local ids = {}
  for i, session in ipairs(live) do ids[i] = session.id end
  revoke('u', user, before)
  return {'reused', finish(ids), mine.raw}
end

local function keep(body)
  mine.raw = id .. struct.pack('>I2', #body) .. body
  save()
end

local spent = ''  -- the bucket's field
if ARGV[16] ~= '' then
  local limit = {burst = tonumber(ARGV[16]), refill = tonumber(ARGV[17]), period = tonumber(ARGV[18])}
  local bucket = {spent = 0, store = 0, service = 0}
  local at = tail
  while at < mine.after do
    local tag, size = string.byte(value, at, at + 1)
    if tag == 1 then
      bucket.spent, bucket.store, bucket.service = struct.unpack('>I6I6I6', value, at + 2)
    end
    at = at + 2 + size
  end
  local clocks = clock_now(ARGV[19])
  local brought_back = bucket_refill(bucket, limit, clocks)
  local holds = bucket_holds(bucket, limit, 1)
  if holds then bucket_spend(bucket, limit, 1, clocks) end
  spent = '\1\18' .. struct.pack('>I6I6I6', bucket.spent, bucket.store, bucket.service)
  if not holds then
    if brought_back then keep(string.sub(value, mine.at + 18, tail - 1) .. spent) end
    return {'limited', bucket_remaining(bucket, limit), bucket_until_holds(bucket, limit, 1, clocks),
            bucket_until_full(bucket, limit, clocks)}
  end
end

if behind > 0 then
  if spent ~= '' then keep(string.sub(value, mine.at + 18, tail - 1) .. spent) end
  if behind == 1 then return {'repeated', mine.raw} end
  return {'superseded'}
end

-- The moves within the grace, in runs, as they are packed; and now. At most 32.
local moves, first = '', 1
for i = 1, mine.count do
  if now - move(i) >= grace then
    moves = moves .. string.sub(value, mine.moves + 6 * (first - 1), mine.moves + 6 * (i - 1) - 1)
    first = i + 1
  end
end
moves = moves .. string.sub(value, mine.moves + 6 * (first - 1), rest - 1) ..
        string.rep(struct.pack('>I6', now), math.min(1 - behind, 32))
moves = string.sub(moves, -6 * 32)
if ARGV[13] ~= '' then name = ARGV[13] end
if ARGV[14] ~= '' then agent = ARGV[14] end
if ARGV[15] ~= '' then address = ARGV[15] end
mine.stop = math.min(mine.created + absolute, now + idle)
keep(struct.pack('>I6I4I1', mine.created, presented + 1, #moves / 6) .. moves ..
     struct.pack('>I2c0I2c0I2c0I2c0I2c0', #theirs, theirs, #name, name, #agent, agent, #address, address,
                 #amr, amr) .. spent)
return {'rotated', mine.raw}
)lua";

constexpr const char* kEnd = R"lua(
if not find(ARGV[6]) then return {} end
return finish({ARGV[6]})
)lua";

constexpr const char* kEndAll = R"lua(
local keep, user, before = ARGV[6], ARGV[7], ARGV[8]
local ids = {}
for _, session in ipairs(live) do
  if session.id ~= keep then ids[#ids + 1] = session.id end
end
if keep == '' then revoke('u', user, before) end
return finish(ids)
)lua";

constexpr const char* kRevoke = R"lua(
log(ARGV[6])
return false
)lua";

// Forward only: a repeated or a late call does not bring back what a later one ended. What is
// damaged is replaced.
constexpr const char* kEndEverybodys = R"lua(
local set = tonumber(redis.call('GET', KEYS[1]))
if set and set >= tonumber(ARGV[1]) then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
)lua";

redis::Script Make(const char* name, const char* body) {
  return redis::Script(name, std::string(kCommon) + body);
}

redis::Script MakeLimited(const char* name, const char* body) {
  return redis::Script(name, std::string(kTokenBucketLua) + kCommon + body);
}

}  // namespace

const redis::Script& Add() {
  static const redis::Script script = Make("sessions.add", kAdd);
  return script;
}
const redis::Script& Rotate() {
  static const redis::Script script = MakeLimited("sessions.rotate", kRotate);
  return script;
}
const redis::Script& End() {
  static const redis::Script script = Make("sessions.end", kEnd);
  return script;
}
const redis::Script& EndAll() {
  static const redis::Script script = Make("sessions.end_all", kEndAll);
  return script;
}
const redis::Script& EndEverybodys() {
  static const redis::Script script("sessions.end_everybodys", kEndEverybodys);
  return script;
}
const redis::Script& Revoke() {
  static const redis::Script script = Make("sessions.revoke", kRevoke);
  return script;
}

}  // namespace tokenforge::sessions::scripts
