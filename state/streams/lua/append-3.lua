-- Appends events, and returns the state of its readers to the writer. The writer also calls it without events, as a sign of life.
-- Events that are there already are passed over: their writer sends them again when it has not heard that they arrived.
-- KEYS[1] events (stream; the event of number n has the id (n+1)-0)  KEYS[2] meta (hash)  KEYS[3] readers (hash)
-- ARGV[1] state after it: OPEN, ENDED or GIVEN_UP (no more comes, though it has not ended); NEW: OPEN, unless there is one already  ARGV[2] how long the keys live from now, in ms; the events of an open log four times as long  ARGV[3] number of the first event
-- ARGV[4] events held at most  ARGV[5] characters held at most  ARGV[6] channel of events
-- then for each event: its sealed JSON, its size
-- Returns { readers alive, 1 when the log is full and a reader is behind }; { -1 } when there is one already.
local events, meta, readers = KEYS[1], KEYS[2], KEYS[3]
local state = ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known = redis.call('EXISTS', meta) == 1
if state == 'NEW' then
  if known then
    return { -1 }
  end
  state = 'OPEN'
elseif not known then
  redis.call('HSET', meta, 'lost', now)
end
-- Events of a writer that was silent for too long: its readers have been failed.
if not known then
  redis.call('DEL', events)
end
local first_sent = tonumber(ARGV[3])
local sequence = math.max(first_sent, tonumber(redis.call('HGET', meta, 'length') or '0'))
local size = tonumber(redis.call('HGET', meta, 'size') or '0')
for at = 7 + 2 * (sequence - first_sent), #ARGV, 2 do
  sequence = sequence + 1
  redis.call('XADD', events, string.format('%.0f-0', sequence), 'e', ARGV[at], 's', ARGV[at + 1])
  size = size + tonumber(ARGV[at + 1])
end

-- With no reader every event counts as seen. A reader that has not shown itself in time is gone.
local alive, seen = 0, sequence
local all = redis.call('HGETALL', readers)
for at = 1, #all, 2 do
  local position, until_ms = string.match(all[at + 1], '^(%d+):(%d+)$')
  if tonumber(until_ms) > now then
    alive = alive + 1
    seen = math.min(seen, tonumber(position))
  else
    redis.call('HDEL', readers, all[at])
  end
end

-- Who read a log that Redis has lost shows again in time: until then they are not taken for gone.
local lost = redis.call('HGET', meta, 'lost')
if alive == 0 and lost and now - tonumber(lost) < tonumber(ARGV[2]) then
  alive = 1
end

local function full()
  return redis.call('XLEN', events) > tonumber(ARGV[4]) or size > tonumber(ARGV[5])
end
while full() do
  local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
  if not first then
    -- Evicted, whatever was counted.
    size = 0
    break
  end
  -- The last event is kept, so that a reader can come in there.
  if tonumber(string.match(first[1], '^%d+')) > math.min(seen, sequence - 1) then
    break
  end
  size = size - tonumber(first[2][4])
  redis.call('XDEL', events, first[1])
end
-- An event larger than the bound holds the writer back only until every reader has passed it.
local waits = 0
if state == 'OPEN' and seen < sequence and full() then
  waits = 1
end
redis.call('HSET', meta, 'state', state, 'length', string.format('%.0f', sequence), 'size', string.format('%.0f', size), 'waits', waits)
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[2])
end
-- Whoever closes the call of a dead writer still finds what it had written.
if state == 'OPEN' then
  redis.call('PEXPIRE', events, 4 * tonumber(ARGV[2]))
end
if #ARGV > 6 or state ~= 'OPEN' then
  redis.call('PUBLISH', ARGV[6], 'e')
end
return { alive, waits }
