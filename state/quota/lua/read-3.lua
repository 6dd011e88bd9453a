-- Reads counters.
-- KEYS[1] counters (hash)  KEYS[2] reservations (hash)  KEYS[3] expiries (sorted set)
-- ARGV the names of the counters
-- Returns for each: spent, reserved, as decimal texts.
local now = now_ms()
tidy(KEYS[1], KEYS[2], KEYS[3], now)
local readings = {}
for _, name in ipairs(ARGV) do
  local _, spent, reserved = load(KEYS[1], name, now)
  readings[#readings + 1] = string.format('%.0f', spent)
  readings[#readings + 1] = string.format('%.0f', reserved)
end
return readings
