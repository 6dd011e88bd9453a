#!/bin/sh
# Makes what docker-compose.yml keeps in the volume of certificates: a folder for each part and store with its certificate
# and, for the stores, who may do what. Run again, it renews what expires soon and takes changed passwords.
#   prepare-volumes.sh <directory>     with REDIS_PASSWORD and REDIS_GATEWAY_PASSWORD in the environment
set -eu
dir=$1
node --disable-warning=ExperimentalWarning cli/main.ts create-ca "$dir"

umask 077
sh "$(dirname "$0")/redis-users.sh" > "$dir/redis/users.acl.new"
mv "$dir/redis/users.acl.new" "$dir/redis/users.acl"

# By which members of the replica set know each other: MongoDB asks for one where it asks for passwords.
[ -s "$dir/mongo/keyfile" ] || head -c 48 /dev/urandom | base64 -w 0 > "$dir/mongo/keyfile"
chmod 400 "$dir/mongo/keyfile"

[ "$(id -u)" = 0 ] || exit 0
# The users of the images: node, mongodb, redis.
for part in gateway models prompts tenants usage inference; do chown -R 1000:1000 "$dir/$part"; done
chown -R 999:999 "$dir/mongo" "$dir/redis"
