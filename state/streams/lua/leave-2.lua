-- A reader leaves.
-- KEYS[1] meta (hash)  KEYS[2] readers (hash)
-- ARGV[1] the reader  ARGV[2] channel of the writer
-- Returns the readers that are left.
redis.call('HDEL', KEYS[2], ARGV[1])
local left = redis.call('HLEN', KEYS[2])
if redis.call('HGET', KEYS[1], 'state') == 'OPEN' then
  redis.call('PUBLISH', ARGV[2], 'left')
end
return left
