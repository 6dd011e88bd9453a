-- Reserves all amounts of a call or none; raises the reservation of the same id.
-- KEYS as in partition.lua
-- ARGV[1] JSON: { id, ttlMs, raise, round, scopes, amounts by meter,
--   limits: [scope, name, window, meter, amount or null][] }
-- Returns {1, atMs}, {0, number of the refused limit from 0, milliseconds to wait or -1},
--   {2, numbers from 0 of limits whose counters are absent}, or {3} when the reservation to raise is not known.
local asked = cjson.decode(ARGV[1])
local limits = asked.limits
local id = asked.id
tidy()

local function answer(...)
  save(true)
  return { ... }
end

local call = call_of(id)
if call and call[6] then
  call = nil
end
local absent, durable = {}, {}
for index, limit in ipairs(limits) do
  if is_durable(limit[3], limit[4]) then
    durable[#durable + 1] = index - 1
    if not counters_of(limit[1])[limit[2]] then
      absent[#absent + 1] = index - 1
    end
  end
end
-- A granted reservation that is missing is unsure: the ledger has the row.
if asked.raise and not call and #durable > 0 then
  if asked.round > 1 then
    return answer(3)
  end
  if asked.round == 0 then
    forget(asked.scopes)
  end
  return answer(2, durable)
end
if #absent > 0 then
  return answer(2, absent)
end

local function more(meter)
  local before = call and call[3][meter] or 0
  return math.max(0, (asked.amounts[meter] or 0) - before)
end

local refused, longest = -1, 0
for index, limit in ipairs(limits) do
  if limit[5] ~= cjson.null then
    local counter = counters_of(limit[1])[limit[2]]
    if not (call and (not counter or has_left(counter, call[1]))) then
      local wait = wait_ms(counter or { limit[3], limit[4], now, {} }, more(limit[4]), limit[5])
      if wait > longest then
        refused, longest = index - 1, wait
      end
    end
  end
end
if refused >= 0 then
  return answer(0, refused, longest == math.huge and -1 or math.ceil(longest))
end

for _, limit in ipairs(limits) do
  name_counter(limit[1], limit[2], limit[3], limit[4])
end
if call then
  for _, at in ipairs(call[4]) do
    local counter = counters_of(at[1])[at[2]]
    if counter then
      add(at[1], counter, call[1], more(counter[2]), 0)
    end
  end
  for meter, amount in pairs(asked.amounts) do
    call[3][meter] = math.max(call[3][meter] or 0, amount)
  end
  hold(id, call)
  return answer(1, call[1])
end

local at = math.max(now, floor)
local whose, counted, seen = {}, {}, {}
local function count_in(scope, name)
  local key = scope .. '\0' .. name
  if not seen[key] then
    seen[key] = true
    counted[#counted + 1] = { scope, name }
    local counter = counters_of(scope)[name]
    add(scope, counter, at, asked.amounts[counter[2]] or 0, 0)
  end
end
for _, limit in ipairs(limits) do
  count_in(limit[1], limit[2])
end
for _, scope in ipairs(asked.scopes) do
  whose[#whose + 1] = scope
  -- Durable counters of the scopes, whoever named them.
  for name, counter in pairs(counters_of(scope)) do
    if is_durable(counter[1], counter[2]) then
      count_in(scope, name)
    end
  end
end
hold(id, { at, whose, asked.amounts, counted, false, false, false, true }, now + asked.ttlMs)
return answer(1, at)
