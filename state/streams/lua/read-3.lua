-- Reads the events after a cursor, which it moves there: what is before it counts as seen.
-- KEYS[1] events (stream)  KEYS[2] meta (hash)  KEYS[3] readers (hash)
-- ARGV[1] the reader  ARGV[2] number of the next event it wants  ARGV[3] events at most
-- ARGV[4] how long the reader counts as alive, in ms  ARGV[5] channel of the writer
-- ARGV[6] characters at most; one event is returned whatever it holds
-- Returns { state, sealed event … }; state is OPEN, ENDED or GIVEN_UP (all of it is here), TRIMMED (not held), or UNKNOWN.
local events, meta, readers = KEYS[1], KEYS[2], KEYS[3]
local state, length, waits = unpack(redis.call('HMGET', meta, 'state', 'length', 'waits'))
if not state then
  return { 'UNKNOWN' }
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local wanted = tonumber(ARGV[2])
local entries = redis.call('XRANGE', events, string.format('%.0f-0', wanted + 1), '+', 'COUNT', ARGV[3])
if tonumber(length) > wanted then
  local first = entries[1]
  if not first or tonumber(string.match(first[1], '^%d+')) ~= wanted + 1 then
    return { 'TRIMMED' }
  end
elseif state == 'ENDED' and wanted > tonumber(length) then
  return { 'TRIMMED' }
end
redis.call('HSET', readers, ARGV[1], string.format('%.0f:%.0f', wanted, now + tonumber(ARGV[4])))
if waits == '1' then
  redis.call('PUBLISH', ARGV[5], 'moved')
end
local answer = { 'OPEN' }
local size = 0
for _, entry in ipairs(entries) do
  size = size + tonumber(entry[2][4])
  if #answer > 1 and size > tonumber(ARGV[6]) then
    break
  end
  answer[#answer + 1] = entry[2][2]
end
if state ~= 'OPEN' and wanted + #answer - 1 >= tonumber(length) then
  answer[1] = state
end
return answer
