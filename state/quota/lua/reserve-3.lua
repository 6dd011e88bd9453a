-- Reserves all demands of a call or none.
-- KEYS[1] counters (hash)  KEYS[2] reservations (hash)  KEYS[3] expiries (sorted set)
-- ARGV[1] id  ARGV[2] ttlMs  then for each demand: name, window, meter, amount, limit ('' when there is none)
-- Returns {1}, or {0, number of the refused demand from 0, milliseconds to wait or -1}.
local counters, reservations, expiries = KEYS[1], KEYS[2], KEYS[3]
local id, ttl = ARGV[1], tonumber(ARGV[2])
local now = now_ms()
tidy(counters, reservations, expiries, now)
if redis.call('HEXISTS', reservations, id) == 1 then
  return { 1 }
end

local function wait_ms(name, amount, limit)
  local slots, spent, reserved = load(counters, name, now)
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
  for _, slot in ipairs(slots) do
    excess = excess - slot[3] - slot[4]
    if excess <= 0 then
      return math.max(1, slot[2] - now)
    end
  end
  return HELD_RETRY_MS
end

local refused, longest = -1, 0
for at = 3, #ARGV, 5 do
  if ARGV[at + 4] ~= '' then
    local wait = wait_ms(ARGV[at], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
    if wait > longest then
      refused = (at - 3) / 5
      longest = wait
    end
  end
end
if refused >= 0 then
  if longest == math.huge then
    longest = -1
  end
  return { 0, refused, longest }
end

local parts = {}
for at = 3, #ARGV, 5 do
  local name, window, meter, amount = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  parts[#parts + 1] = { name, window, meter, add(counters, name, window, amount, now), amount }
end
redis.call('HSET', reservations, id, cmsgpack.pack(parts))
redis.call('ZADD', expiries, now + ttl, id)
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, IDLE_MS)
end
return { 1 }
