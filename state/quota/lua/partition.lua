-- The counters and reservations of one partition, shared by the scripts beside this file. The rules are those of
-- partition.ts; the names in upper case are from rules.ts. Numbers are doubles: exact below 2^53.
--
-- KEYS[1] counters (hash): a field for each scope, { [name] = { window, meter, namedMs, slots } } with slots
--   { startMs, endMs, spent, reserved }, oldest first; and the fields #run, #seq, #floor, #lost, #seeding
--   (settled calls are kept until then, for the #seeds in progress with numbers of #from or more).
-- KEYS[2] reservations (hash): by id { atMs, scopes, amounts, counters, foundSeq, settledSeq, actuals, known }, where
--   counters are { scope, name } and false stands for null. settledSeq: settled while counters were read back.
-- KEYS[3] expiries (sorted set): when a reservation expires.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- A server of another run may have lost what it held, or gone back in time: what it has of the partition is dropped.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local meta = redis.call('HMGET', KEYS[1], '#run', '#seq', '#floor', '#lost', '#seeding', '#seeds', '#from')
local seq, floor = tonumber(meta[2]) or 0, tonumber(meta[3]) or 0
local lost, seeding, seeds = tonumber(meta[4]) or 0, tonumber(meta[5]) or 0, tonumber(meta[6]) or 0
local seeds_from = tonumber(meta[7]) or 0
if meta[1] ~= run or redis.call('HLEN', KEYS[2]) ~= redis.call('ZCARD', KEYS[3]) then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  meta = {}
  -- Above every seed that began before.
  seq, floor, lost, seeding, seeds, seeds_from = now, 0, now, 0, 0, 0
end

local scopes = {}
local changed = {}

-- The counters of a scope, by name.
local function counters_of(scope)
  local counters = scopes[scope]
  if not counters then
    local packed = redis.call('HGET', KEYS[1], scope)
    counters = packed and cmsgpack.unpack(packed) or {}
    scopes[scope] = counters
  end
  return counters
end

-- Drops the slots that have left the window; the sums of the others.
local function advance(counter)
  local slots = counter[4]
  local spent, reserved = 0, 0
  while slots[1] and slots[1][2] <= now do
    table.remove(slots, 1)
  end
  for _, slot in ipairs(slots) do
    spent = spent + slot[3]
    reserved = reserved + slot[4]
  end
  return spent, reserved
end

-- Writes the scopes that changed, without counters that count nothing or that no limit names any more.
local function save_scopes()
  for scope in pairs(changed) do
    local counters = scopes[scope]
    for name, counter in pairs(counters) do
      if is_durable(counter[1], counter[2]) then
        if counter[3] + NAMED_MS_MAX < now then
          counters[name] = nil
        end
      else
        local _, reserved = advance(counter)
        if #counter[4] == 0 or (counter[1] == 'INFLIGHT' and reserved <= 0) then
          counters[name] = nil
        end
      end
    end
    if next(counters) then
      redis.call('HSET', KEYS[1], scope, cmsgpack.pack(counters))
    else
      redis.call('HDEL', KEYS[1], scope)
    end
  end
end

local function slot_at(counter, at)
  local start = slot_start(counter[1], at)
  local slots = counter[4]
  for index = #slots, 1, -1 do
    if slots[index][1] == start then
      return slots[index]
    end
  end
end

local function has_left(counter, at)
  advance(counter)
  return not slot_at(counter, at) and slot_end(counter[1], at) <= now
end

-- Adds to what is reserved and spent at the time of a call's reservation; nothing when that has left the window.
local function add(scope, counter, at, reserved, spent)
  if has_left(counter, at) then
    return
  end
  local window, slots = counter[1], counter[4]
  local slot = slot_at(counter, at)
  if not slot then
    slot = { slot_start(window, at), slot_end(window, at), 0, 0 }
    local index = #slots + 1
    while index > 1 and slots[index - 1][1] > slot[1] do
      index = index - 1
    end
    table.insert(slots, index, slot)
  end
  slot[2] = math.max(slot[2], slot_end(window, at))
  if window ~= 'INFLIGHT' then
    slot[3] = math.min(slot[3] + spent, AMOUNT_MAX)
  end
  slot[4] = slot[4] + reserved
  changed[scope] = true
end

-- 0 when the amount fits now; otherwise milliseconds until it may, math.huge when it never will.
local function wait_ms(counter, amount, limit)
  if amount <= 0 then
    return 0
  end
  local spent, reserved = advance(counter)
  local excess = spent + reserved + amount - limit
  if excess <= 0 then
    return 0
  end
  if amount > limit then
    return math.huge
  end
  if spent + amount <= limit then
    return HELD_RETRY_MS
  end
  for _, slot in ipairs(counter[4]) do
    excess = excess - slot[3] - slot[4]
    if excess <= 0 then
      return math.max(1, slot[2] - now)
    end
  end
  return HELD_RETRY_MS
end

-- What is left of each limit, two numbers for each: the amount, and when the window is free of what is counted now, or -1.
-- Both are -1 for a limit that never refuses.
local function list_left(limits)
  local left = {}
  for index, limit in ipairs(limits) do
    local remaining, resets = -1, -1
    if limit[5] ~= cjson.null then
      local counter = counters_of(limit[1])[limit[2]] or { limit[3], limit[4], now, {} }
      local spent, reserved = advance(counter)
      local last = counter[1] ~= 'INFLIGHT' and counter[4][#counter[4]]
      remaining = math.min(math.max(0, limit[5] - spent - reserved), AMOUNT_MAX)
      resets = last and math.ceil(last[2]) or -1
    end
    left[2 * index - 1], left[2 * index] = remaining, resets
  end
  return left
end

-- The counter, made if need be.
local function name_counter(scope, name, window, meter)
  local counters = counters_of(scope)
  local counter = counters[name]
  if not counter then
    counter = { window, meter, now, {} }
    counters[name] = counter
  end
  counter[3] = now
  changed[scope] = true
  return counter
end

-- Durable counters of the scopes become absent.
local function forget(names)
  for _, scope in ipairs(names) do
    local counters = counters_of(scope)
    for name, counter in pairs(counters) do
      if is_durable(counter[1], counter[2]) then
        counters[name] = nil
        changed[scope] = true
      end
    end
  end
end

local function every_scope()
  local names = {}
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 1) ~= '#' then
      names[#names + 1] = field
    end
  end
  return names
end

local function call_of(id)
  local packed = redis.call('HGET', KEYS[2], id)
  return packed and cmsgpack.unpack(packed) or nil
end

local function hold(id, call, expires)
  redis.call('HSET', KEYS[2], id, cmsgpack.pack(call))
  if expires then
    redis.call('ZADD', KEYS[3], expires, id)
  end
end

local function drop_call(id)
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end

-- Replaces what a call reserved; `actuals` by meter, nil: nothing was drawn.
local function replace(call, actuals)
  for _, at in ipairs(call[4]) do
    local counter = counters_of(at[1])[at[2]]
    if counter then
      local reserved = call[3][counter[2]] or 0
      add(at[1], counter, call[1], -reserved, actuals and (actuals[counter[2]] or reserved) or 0)
    end
  end
end

-- Ends what has expired, a bounded number at a time.
local function tidy()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 64)) do
    local call = call_of(id)
    drop_call(id)
    if call and not call[6] then
      forget(call[2])
      lost = seq
      replace(call, nil)
    end
  end
end

-- Writes everything back; `keep`: the partition is in use.
local function save(keep)
  save_scopes()
  local values = { run, seq, floor, lost, seeding, seeds, seeds_from }
  for index, field in ipairs({ '#run', '#seq', '#floor', '#lost', '#seeding', '#seeds', '#from' }) do
    if tostring(values[index]) ~= meta[index] then
      redis.call('HSET', KEYS[1], field, tostring(values[index]))
    end
  end
  if keep then
    for _, key in ipairs(KEYS) do
      redis.call('PEXPIRE', key, IDLE_MS)
    end
  end
end
