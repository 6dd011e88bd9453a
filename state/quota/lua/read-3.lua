-- Reads counters.
-- KEYS as in partition.lua
-- ARGV[1] JSON: [scope, name, window, meter][]
-- Returns {1, spent and reserved of each as decimal texts}, or {2, numbers from 0 of those that are absent}.
local keys = cjson.decode(ARGV[1])
tidy()
local readings, absent = {}, {}
for index, key in ipairs(keys) do
  local counter = counters_of(key[1])[key[2]]
  local spent, reserved = 0, 0
  if counter then
    counter[3] = now
    changed[key[1]] = true
    spent, reserved = advance(counter)
  elseif is_durable(key[3], key[4]) then
    absent[#absent + 1] = index - 1
  end
  readings[#readings + 1] = string.format('%.0f', spent)
  readings[#readings + 1] = string.format('%.0f', reserved)
end
save()
if #absent > 0 then
  return { 2, absent }
end
return { 1, readings }
