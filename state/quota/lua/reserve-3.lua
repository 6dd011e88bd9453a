-- Reserves all amounts of a call or none; raises the reservation of the same id.
-- KEYS as in partition.lua
-- ARGV[1] JSON: { id, ttlMs, raise, round, scopes, amounts by meter,
--   together: { id, amounts by meter }[], further calls that are reserved with it, all or none,
--   limits: [scope, name, window, meter, amount or null][] }
-- Returns {1, atMs, left}, {0, number of the refused limit from 0, milliseconds to wait or -1, left} with left as list_left
--   returns it, empty for a raise,
--   {2, numbers from 0 of limits without counters}, or {3} when the reservation to raise is not known.
local request = cjson.decode(ARGV[1])
local limits = request.limits
tidy()

local function answer(...)
  save(true)
  return { ... }
end

-- Every call of the reservation, with what is held of it.
local parts = { { id = request.id, amounts = request.amounts } }
for _, other in ipairs(request.together) do
  parts[#parts + 1] = other
end
for _, part in ipairs(parts) do
  local call = call_of(part.id)
  if call and not call[6] then
    part.call = call
  end
end
local first = parts[1]
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
if request.raise and not first.call and #durable > 0 then
  if request.round > 1 then
    return answer(3)
  end
  if request.round == 0 then
    forget(request.scopes)
  end
  return answer(2, durable)
end
if #absent > 0 then
  return answer(2, absent)
end

local function more(part, meter)
  local before = part.call and part.call[3][meter] or 0
  return math.max(0, (part.amounts[meter] or 0) - before)
end

local refused, longest = -1, 0
for index, limit in ipairs(limits) do
  if limit[5] ~= cjson.null then
    local counter = counters_of(limit[1])[limit[2]]
    local amount = 0
    for _, part in ipairs(parts) do
      if not (part.call and (not counter or has_left(counter, part.call[1]))) then
        amount = amount + more(part, limit[4])
      end
    end
    local wait = wait_ms(counter or { limit[3], limit[4], now, {} }, amount, limit[5])
    if wait > longest then
      refused, longest = index - 1, wait
    end
  end
end
if refused >= 0 then
  return answer(0, refused, longest == math.huge and -1 or math.ceil(longest), request.raise and {} or list_left(limits))
end

for _, limit in ipairs(limits) do
  name_counter(limit[1], limit[2], limit[3], limit[4])
end
local at = math.max(now, floor)

local function raise(part)
  local call = part.call
  for _, place in ipairs(call[4]) do
    local counter = counters_of(place[1])[place[2]]
    if counter then
      add(place[1], counter, call[1], more(part, counter[2]), 0)
    end
  end
  for meter, amount in pairs(part.amounts) do
    call[3][meter] = math.max(call[3][meter] or 0, amount)
  end
  hold(part.id, call, now + request.ttlMs)
end

local function begin(part)
  local call_scopes, counted, seen = {}, {}, {}
  local function count_in(scope, name)
    local key = scope .. '\0' .. name
    if not seen[key] then
      seen[key] = true
      counted[#counted + 1] = { scope, name }
      local counter = counters_of(scope)[name]
      add(scope, counter, at, part.amounts[counter[2]] or 0, 0)
    end
  end
  for _, limit in ipairs(limits) do
    count_in(limit[1], limit[2])
  end
  for _, scope in ipairs(request.scopes) do
    call_scopes[#call_scopes + 1] = scope
    -- Durable counters of the scopes, whoever named them.
    for name, counter in pairs(counters_of(scope)) do
      if is_durable(counter[1], counter[2]) then
        count_in(scope, name)
      end
    end
  end
  hold(part.id, { at, call_scopes, part.amounts, counted, false, false, false, true }, now + request.ttlMs)
end

for _, part in ipairs(parts) do
  if part.call then
    raise(part)
  else
    begin(part)
  end
end
return answer(1, first.call and first.call[1] or at, request.raise and {} or list_left(limits))
