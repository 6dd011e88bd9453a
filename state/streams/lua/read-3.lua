-- Reads the events after a cursor, which it moves there: what is before it counts as seen.
-- KEYS[1] events (stream)  KEYS[2] meta (hash)  KEYS[3] readers (hash)
-- ARGV[1] the reader  ARGV[2] number of the next event it wants  ARGV[3] events at most
-- ARGV[4] how long the reader counts as alive, in ms  ARGV[5] channel of the writer
-- Returns { state, event JSON … }; state is OPEN, ENDED (all of it is here), TRIMMED, or UNKNOWN.
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
end
redis.call('HSET', readers, ARGV[1], string.format('%.0f:%.0f', wanted, now + tonumber(ARGV[4])))
if waits == '1' then
  redis.call('PUBLISH', ARGV[5], 'moved')
end
local answer = { 'OPEN' }
if state == 'ENDED' and wanted + #entries >= tonumber(length) then
  answer[1] = 'ENDED'
end
for _, entry in ipairs(entries) do
  answer[#answer + 1] = entry[2][2]
end
return answer
