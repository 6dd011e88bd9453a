-- Draws all amounts at once and for good, or none.
-- KEYS as in partition.lua
-- ARGV[1] JSON: { amounts by meter, limits: [scope, name, window, meter, amount or null][] }
-- Returns {1, atMs}, or {0, number of the refused limit from 0, milliseconds to wait or -1}.
local request = cjson.decode(ARGV[1])
local limits = request.limits
tidy()

local function answer(...)
  save(true)
  return { ... }
end

local refused, longest = -1, 0
for index, limit in ipairs(limits) do
  if limit[5] ~= cjson.null then
    local counter = counters_of(limit[1])[limit[2]]
    local wait = wait_ms(counter or { limit[3], limit[4], now, {} }, request.amounts[limit[4]] or 0, limit[5])
    if wait > longest then
      refused, longest = index - 1, wait
    end
  end
end
if refused >= 0 then
  return answer(0, refused, longest == math.huge and -1 or math.ceil(longest))
end

local seen = {}
for _, limit in ipairs(limits) do
  local key = limit[1] .. '\0' .. limit[2]
  if not seen[key] then
    seen[key] = true
    local counter = name_counter(limit[1], limit[2], limit[3], limit[4])
    add(limit[1], counter, now, 0, request.amounts[limit[4]] or 0)
  end
end
return answer(1, now)
