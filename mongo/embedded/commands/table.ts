import {
  collMod,
  create,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
} from './admin/collection-commands.ts';
import {
  buildInfo,
  configureFailPoint,
  connectionStatus,
  getCmdLineOpts,
  getLog,
  getParameter,
  hostInfo,
  ping,
  serverStatus,
  whatsmyuri,
} from './admin/diagnostics.ts';
import { createIndexes, dropIndexes, listIndexes } from './admin/index-commands.ts';
import { REFUSED_COMMANDS } from './admin/refused.ts';
import { collStats, dbStats } from './admin/stats.ts';
import type { Command } from './engine.ts';
import { aggregate } from './read/aggregate.ts';
import { count } from './read/count.ts';
import { getMore, killCursors } from './read/cursor-commands.ts';
import { distinct } from './read/distinct.ts';
import { explain } from './read/explain.ts';
import { find } from './read/find.ts';
import { saslContinue, saslStart } from './sessions/authentication.ts';
import { hello } from './sessions/handshake.ts';
import {
  abortTransaction,
  commitTransaction,
  endSessions,
  killAllSessions,
} from './sessions/session-commands.ts';
import { remove } from './write/delete.ts';
import { findAndModify } from './write/find-and-modify.ts';
import { insert } from './write/insert.ts';
import { update } from './write/update.ts';

const fields = (...names: string[]): ReadonlySet<string> => new Set(names);
const handshake: Command = { run: hello, handshake: true };
const diagnostic = (run: Command['run']): Command => ({ run });

/** Every command that the store answers, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['hello', handshake],
  ['isMaster', handshake],
  ['ismaster', handshake],
  [
    'insert',
    {
      run: insert,
      writes: true,
      retryable: true,
      inTransaction: true,
      fields: fields('documents', 'ordered', 'bypassDocumentValidation'),
    },
  ],
  [
    'update',
    {
      run: update,
      writes: true,
      retryable: true,
      inTransaction: true,
      fields: fields('updates', 'ordered', 'bypassDocumentValidation', 'let'),
    },
  ],
  [
    'delete',
    {
      run: remove,
      writes: true,
      retryable: true,
      inTransaction: true,
      fields: fields('deletes', 'ordered', 'let'),
    },
  ],
  [
    'findAndModify',
    {
      run: findAndModify,
      writes: true,
      retryable: true,
      inTransaction: true,
      fields: fields(
        'query',
        'sort',
        'remove',
        'update',
        'new',
        'fields',
        'upsert',
        'bypassDocumentValidation',
        'collation',
        'arrayFilters',
        'hint',
        'let',
      ),
    },
  ],
  [
    'find',
    {
      run: find,
      inTransaction: true,
      fields: fields(
        'filter',
        'sort',
        'projection',
        'hint',
        'skip',
        'limit',
        'batchSize',
        'singleBatch',
        'max',
        'min',
        'returnKey',
        'showRecordId',
        'tailable',
        'oplogReplay',
        'noCursorTimeout',
        'awaitData',
        'allowPartialResults',
        'collation',
        'allowDiskUse',
        'let',
      ),
    },
  ],
  ['getMore', { run: getMore, inTransaction: true, fields: fields('collection', 'batchSize', 'term') }],
  ['killCursors', { run: killCursors, inTransaction: true, fields: fields('cursors') }],
  ['count', { run: count, fields: fields('query', 'limit', 'skip', 'hint', 'collation', 'fields') }],
  ['distinct', { run: distinct, inTransaction: true, fields: fields('key', 'query', 'collation', 'hint') }],
  [
    'aggregate',
    {
      run: aggregate,
      inTransaction: true,
      writes: true,
      fields: fields(
        'pipeline',
        'explain',
        'allowDiskUse',
        'cursor',
        'bypassDocumentValidation',
        'collation',
        'hint',
        'let',
      ),
    },
  ],
  ['explain', { run: explain, fields: fields('verbosity') }],
  [
    'createIndexes',
    {
      run: createIndexes,
      inTransaction: true,
      writes: true,
      fields: fields('indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'),
    },
  ],
  ['listIndexes', { run: listIndexes, fields: fields('cursor') }],
  ['dropIndexes', { run: dropIndexes, writes: true, fields: fields('index') }],
  ['create', { run: create, inTransaction: true, writes: true }],
  ['drop', { run: drop, writes: true }],
  ['dropDatabase', { run: dropDatabase, writes: true }],
  ['collMod', { run: collMod, writes: true }],
  [
    'listCollections',
    { run: listCollections, fields: fields('filter', 'nameOnly', 'authorizedCollections', 'cursor') },
  ],
  [
    'listDatabases',
    { run: listDatabases, adminOnly: true, fields: fields('filter', 'nameOnly', 'authorizedDatabases') },
  ],
  ['collStats', diagnostic(collStats)],
  ['collstats', diagnostic(collStats)],
  ['dbStats', diagnostic(dbStats)],
  ['dbstats', diagnostic(dbStats)],
  ['endSessions', diagnostic(endSessions)],
  ['killAllSessions', diagnostic(killAllSessions)],
  ['commitTransaction', { run: commitTransaction, inTransaction: true, writes: true, adminOnly: true }],
  ['abortTransaction', { run: abortTransaction, inTransaction: true, writes: true, adminOnly: true }],
  ['saslStart', diagnostic(saslStart)],
  ['saslContinue', diagnostic(saslContinue)],
  ['ping', diagnostic(ping)],
  ['buildInfo', diagnostic(buildInfo)],
  ['buildinfo', diagnostic(buildInfo)],
  ['hostInfo', diagnostic(hostInfo)],
  ['serverStatus', diagnostic(serverStatus)],
  ['getParameter', { run: getParameter, adminOnly: true }],
  ['connectionStatus', diagnostic(connectionStatus)],
  ['whatsmyuri', diagnostic(whatsmyuri)],
  ['getLog', { run: getLog, adminOnly: true }],
  ['getCmdLineOpts', { run: getCmdLineOpts, adminOnly: true }],
  ['configureFailPoint', { run: configureFailPoint, adminOnly: true }],
  ...REFUSED_COMMANDS,
]);
