-- Windows and their slots; the rules are those of windows.ts. The names in upper case are from rules.ts.
local function is_durable(window, meter)
  return DURABLE[window] and not WITHOUT_ROWS[meter]
end

-- The first day of the month that holds a day, or of the next one, in days since 1970 (H. Hinnant, civil_from_days).
local function month_start(day, next)
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local year = yoe + era * 400
  local month = math.floor((5 * doy + 2) / 153) + next
  -- Months count from March: the twelfth is the next year's first.
  if month == 12 then
    month = 0
    year = year + 1
  end
  local e = math.floor(year / 400)
  local y = year - e * 400
  return e * 146097 + y * 365 + math.floor(y / 4) - math.floor(y / 100) + math.floor((153 * month + 2) / 5) - 719468
end

-- The start of the slot that an amount of this time belongs to.
local function slot_start(window, at)
  if window == 'INFLIGHT' then
    return 0
  end
  local length = SLIDING[window]
  if length then
    return math.floor(at / (length / SLOTS_PER_WINDOW)) * (length / SLOTS_PER_WINDOW)
  end
  local day = math.floor(at / DAY_MS)
  return (window == 'DAY' and day or month_start(day, 0)) * DAY_MS
end

-- When an amount of this time has left the window.
local function slot_end(window, at)
  if window == 'INFLIGHT' then
    return 9007199254740991
  end
  local length = SLIDING[window]
  if length then
    return at + length
  end
  local day = math.floor(at / DAY_MS)
  return (window == 'DAY' and day + 1 or month_start(day, 1)) * DAY_MS
end

-- What started before this has left the window.
local function window_start(window, now)
  local length = SLIDING[window]
  return length and now - length + 1 or slot_start(window, now)
end
