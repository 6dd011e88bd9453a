#!/bin/sh
# Prints the users of Redis, for a file that its option --aclfile names: with the rights that Heddle uses, and no other
# (docs/operations.md explains them).
#   redis-users.sh     with REDIS_PASSWORD and REDIS_GATEWAY_PASSWORD in the environment
set -eu
digest() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }

bus="+ping +info +publish +subscribe +unsubscribe"
meters="+eval +evalsha +time +exists +del +pexpire +hget +hmget +hgetall +hset +hdel +hkeys +hlen +zadd +zrem +zcard +zrangebyscore"
streams="+xadd +xlen +xrange +xdel"
cache="+get +set"

# Subgraphs use every key and channel of the mesh; a gateway hears and tells what has changed, and uses meters alone.
echo "user default off"
echo "user heddle on #$(digest "${REDIS_PASSWORD:?}") resetkeys ~heddle:* resetchannels &heddle:* -@all $bus $meters $streams $cache"
echo "user heddle-gateway on #$(digest "${REDIS_GATEWAY_PASSWORD:?}") resetkeys ~heddle:quota:* resetchannels &heddle:bus:* -@all $bus $meters"
