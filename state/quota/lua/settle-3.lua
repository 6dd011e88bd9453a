-- Ends a reservation, once.
-- KEYS[1] counters (hash)  KEYS[2] reservations (hash)  KEYS[3] expiries (sorted set)
-- ARGV[1] id  ARGV[2] 'settle' or 'release'  then for each meter that is told: meter, amount
-- Returns 1, or 0 when there is no such reservation.
local actuals = nil
if ARGV[2] == 'settle' then
  actuals = {}
  for at = 3, #ARGV, 2 do
    actuals[ARGV[at]] = tonumber(ARGV[at + 1])
  end
end
return give_back(KEYS[1], KEYS[2], KEYS[3], ARGV[1], actuals, now_ms()) and 1 or 0
