-- Ends a reservation, once.
-- KEYS as in partition.lua
-- ARGV[1] JSON: { id, actuals by meter or null (nothing took place), scopes or null }
local request = cjson.decode(ARGV[1])
local id = request.id
local actuals = request.actuals ~= cjson.null and request.actuals or nil
local call_scopes = request.scopes ~= cjson.null and request.scopes or nil
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
tidy()
local call = call_of(id)
local is_seeding = seeding > now
if call and not call[6] then
  replace(call, actuals)
  if is_seeding and actuals then
    call[6] = seq
    call[7] = actuals
    hold(id, call, now + SEED_MS_MAX)
  else
    drop_call(id)
  end
elseif call and actuals then
  local is_same = true
  for meter, amount in pairs(actuals) do
    is_same = is_same and call[7][meter] == amount
  end
  if not is_same then
    -- Its row was closed once more, with other amounts: what was read of it meanwhile may be the former ones.
    call[7] = actuals
    hold(id, call)
    forget(call_scopes or every_scope())
    lost = seq
  end
elseif actuals then
  forget(call_scopes or every_scope())
  if is_seeding then
    hold(id, { now, call_scopes or false, {}, {}, false, seq, actuals, false }, now + SEED_MS_MAX)
  end
end
save()
return 1
