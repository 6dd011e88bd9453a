import { unsupported } from '../../errors.ts';
import type { Command } from '../engine.ts';

/** Commands that MongoDB has and this store has not, with what they stand for. */
const FOREIGN: readonly [name: string, what: string][] = [
  ['mapReduce', 'mapReduce (server-side JavaScript)'],
  ['bulkWrite', 'the bulkWrite command of 8.0'],
  ['geoNear', 'geospatial search'],
  ['convertToCapped', 'a capped collection'],
  ['createUser', 'user management'],
  ['updateUser', 'user management'],
  ['dropUser', 'user management'],
  ['usersInfo', 'user management'],
  ['createRole', 'user management'],
  ['grantRolesToUser', 'user management'],
  ['authenticate', 'authentication'],
  ['createSearchIndexes', 'an Atlas search index'],
  ['updateSearchIndex', 'an Atlas search index'],
  ['dropSearchIndex', 'an Atlas search index'],
  ['listSearchIndexes', 'an Atlas search index'],
  ['renameCollection', 'renaming a collection'],
  ['validate', 'the check of a collection'],
  ['startSession', 'the startSession command (drivers make ids of their own)'],
  ['killSessions', 'ending sessions of others'],
  ['refreshSessions', 'keeping sessions alive'],
  ['currentOp', 'the list of operations'],
  ['killOp', 'killing operations'],
  ['profile', 'the profiler'],
  ['setParameter', 'setting parameters'],
  ['compact', 'compact'],
  ['reIndex', 'reIndex'],
  ['fsync', 'fsync'],
  ['replSetGetStatus', 'replication'],
  ['replSetGetConfig', 'replication'],
  ['replSetInitiate', 'replication'],
  ['shardCollection', 'sharding'],
  ['enableSharding', 'sharding'],
  ['top', 'usage statistics'],
  ['setFeatureCompatibilityVersion', 'setting the compatibility version'],
];

export const REFUSED_COMMANDS: readonly (readonly [string, Command])[] = FOREIGN.map(([name, what]) => [
  name,
  {
    run() {
      throw unsupported(what);
    },
  },
]);
