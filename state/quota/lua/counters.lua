-- Counters of one partition, shared by the scripts beside this file. A counter is a field of the hash `counters`,
-- named subject|meter|window; its value is a packed list of slots { startMs, endMs, spent, reserved }, oldest first.
-- The rules are those of counter.ts. Numbers are doubles: exact below 2^53.
local SLIDING = { SECOND = 1000, MINUTE = 60000, HOUR = 3600000 }
local SLOTS = 64
local HELD_RETRY_MS = 1000
local DAY = 86400000
-- Longer than any window: a partition that nobody uses vanishes.
local IDLE_MS = 32 * DAY

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The first day of the month after the one that holds a day, in days since 1970 (H. Hinnant, civil_from_days).
local function next_month(day)
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local year = yoe + era * 400
  local first = mp + 1
  if first == 12 then
    first = 0
    year = year + 1
  end
  local e = math.floor(year / 400)
  local y = year - e * 400
  return e * 146097 + y * 365 + math.floor(y / 4) - math.floor(y / 100) + math.floor((153 * first + 2) / 5) - 719468
end

local function calendar_end(window, now)
  if window == 'INFLIGHT' then
    return 9007199254740991
  end
  local day = math.floor(now / DAY)
  if window == 'DAY' then
    return (day + 1) * DAY
  end
  return next_month(day) * DAY
end

-- The live slots of a counter, with their sums.
local function load(counters, name, now)
  local slots = {}
  local spent = 0
  local reserved = 0
  local packed = redis.call('HGET', counters, name)
  if packed then
    for _, slot in ipairs(cmsgpack.unpack(packed)) do
      if slot[2] > now then
        slots[#slots + 1] = slot
        spent = spent + slot[3]
        reserved = reserved + slot[4]
      end
    end
  end
  return slots, spent, reserved
end

local function store(counters, name, slots)
  if #slots == 0 then
    redis.call('HDEL', counters, name)
  else
    redis.call('HSET', counters, name, cmsgpack.pack(slots))
  end
end

-- Adds a reserved amount; the start of the slot that it went into.
local function add(counters, name, window, amount, now)
  local slots = load(counters, name, now)
  local length = SLIDING[window]
  local last = slots[#slots]
  if length then
    if last and now - last[1] < length / SLOTS then
      last[2] = now + length
    else
      last = { now, now + length, 0, 0 }
      slots[#slots + 1] = last
    end
  elseif not last then
    last = { now, calendar_end(window, now), 0, 0 }
    slots[1] = last
  end
  last[4] = last[4] + amount
  store(counters, name, slots)
  return last[1]
end

-- Replaces a reserved amount by what was spent, in the slot that began at `start`, if that still counts.
local function replace(counters, name, window, start, reserved, spent, now)
  local slots = load(counters, name, now)
  for index, slot in ipairs(slots) do
    if slot[1] == start then
      slot[4] = slot[4] - reserved
      if window ~= 'INFLIGHT' then
        slot[3] = slot[3] + spent
      elseif slot[4] <= 0 then
        table.remove(slots, index)
      end
      store(counters, name, slots)
      return
    end
  end
end

-- Ends a reservation; `actuals` by meter, nil: everything is returned. False when there is none of that id.
local function give_back(counters, reservations, expiries, id, actuals, now)
  local packed = redis.call('HGET', reservations, id)
  if not packed then
    return false
  end
  redis.call('HDEL', reservations, id)
  redis.call('ZREM', expiries, id)
  for _, part in ipairs(cmsgpack.unpack(packed)) do
    local name, window, meter, start, amount = unpack(part)
    local spent = 0
    if actuals then
      spent = actuals[meter] or amount
    end
    replace(counters, name, window, start, amount, spent, now)
  end
  return true
end

-- Returns what expired, a bounded number at a time.
local function tidy(counters, reservations, expiries, now)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', now, 'LIMIT', 0, 64)) do
    give_back(counters, reservations, expiries, id, nil, now)
  end
  -- One counter at random: those that nobody draws on any more go in time.
  local name = redis.call('HRANDFIELD', counters)
  if name then
    local slots = load(counters, name, now)
    if #slots == 0 then
      redis.call('HDEL', counters, name)
    end
  end
end
