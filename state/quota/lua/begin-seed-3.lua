-- Begins to read counters back: from now on reservations are not earlier than `untilMs`, and settled calls are remembered.
-- KEYS as in partition.lua
-- Returns {seq, untilMs, ids of the reservations held}.
tidy()
seq = seq + 1
if seeding <= now then
  seeds, seeds_from = 0, seq
end
seeds = seeds + 1
floor = math.max(now, floor)
seeding = now + SEED_MS_MAX
local held = {}
local calls = redis.call('HGETALL', KEYS[2])
for index = 1, #calls, 2 do
  if not cmsgpack.unpack(calls[index + 1])[6] then
    held[#held + 1] = calls[index]
  end
end
save(true)
return { seq, floor, held }
