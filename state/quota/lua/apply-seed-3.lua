-- Takes over counters that are still absent, as the ledger has them.
-- KEYS as in partition.lua
-- ARGV[1] JSON: { seq, untilMs, keys: [scope, name, window, meter][],
--   sums: { scopes, firstMs, lastMs, amounts }[], calls: { id, scopes, atMs, amounts, isClosed }[] }
-- Returns 1, or 0 when something was lost meanwhile and the ledger has to be read again.
local seed = cjson.decode(ARGV[1])
tidy()
local rows = {}
for _, row in ipairs(seed.calls) do
  rows[row.id] = row
end
local calls = {}
local packed = redis.call('HGETALL', KEYS[2])
local is_unsure = seed.seq <= lost or seed.untilMs + SEED_MS_MAX < now
for index = 1, #packed, 2 do
  local id, call = packed[index], cmsgpack.unpack(packed[index + 1])
  calls[id] = call
  if not rows[id] then
    is_unsure = is_unsure or (call[5] and call[5] >= seed.seq) or (not call[8] and call[6] >= seed.seq)
  end
end
-- One that began before a loss, or too long ago, is not among those in progress.
if seed.seq >= seeds_from then
  seeds = seeds - 1
  if seeds <= 0 then
    seeding = 0
  end
end
if is_unsure then
  save(true)
  return 0
end

local seeded = {}
for _, key in ipairs(seed.keys) do
  local scope, name, window, meter = unpack(key)
  if not counters_of(scope)[name] then
    local counter = name_counter(scope, name, window, meter)
    seeded[scope] = seeded[scope] or {}
    seeded[scope][name] = counter
    local from = window_start(window, seed.untilMs)
    for _, sum in ipairs(seed.sums) do
      if sum.firstMs >= from then
        for _, summed in ipairs(sum.scopes) do
          if summed == scope then
            add(scope, counter, sum.lastMs, 0, sum.amounts[meter] or 0)
          end
        end
      end
    end
  end
end

-- Counts the rows that were read singly, unless the store counts the call itself.
for id, row in pairs(rows) do
  local call = calls[id]
  local settled = call and call[6]
  if call and (not settled or (call[8] and settled >= seed.seq)) then
    -- It has a reservation, or was settled on one since the seed began.
  elseif settled or row.isClosed then
    for _, scope in ipairs(row.scopes) do
      for _, counter in pairs(seeded[scope] or {}) do
        local actual = settled and not row.isClosed and call[7][counter[2]]
        add(scope, counter, row.atMs, 0, actual or row.amounts[counter[2]] or 0)
      end
    end
  else
    -- It runs, and counters that were there before missed it.
    for _, scope in ipairs(row.scopes) do
      local counters = counters_of(scope)
      for name, counter in pairs(counters) do
        if is_durable(counter[1], counter[2]) and not (seeded[scope] and seeded[scope][name]) then
          counters[name] = nil
          changed[scope] = true
        end
      end
    end
    calls[id] = { row.atMs, row.scopes, row.amounts, {}, seq, false, false, true }
    hold(id, calls[id], now + FOUND_TTL_MS)
  end
end

for id, call in pairs(calls) do
  local settled = call[6]
  if not settled or (call[8] and settled >= seed.seq) then
    for _, scope in ipairs(call[2] or {}) do
      for name, counter in pairs(seeded[scope] or {}) do
        local reserved = call[3][counter[2]] or 0
        if settled then
          add(scope, counter, call[1], 0, call[7][counter[2]] or reserved)
        else
          add(scope, counter, call[1], reserved, 0)
          local is_in = false
          for _, place in ipairs(call[4]) do
            is_in = is_in or (place[1] == scope and place[2] == name)
          end
          if not is_in then
            call[4][#call[4] + 1] = { scope, name }
          end
        end
      end
    end
    if not settled then
      hold(id, call)
    end
  end
end
save(true)
return 1
