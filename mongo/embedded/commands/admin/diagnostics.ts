import { hostname, platform, release, totalmem } from 'node:os';
import { DateTime, type Doc, doc, int32, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { DOCUMENT_BYTES_MAX } from '../../wire/limits.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { SERVER_VERSION } from '../sessions/handshake.ts';

export function ping(): Reply {
  return new Map();
}

export function buildInfo(): Reply {
  return doc({
    version: SERVER_VERSION,
    gitVersion: 'embedded',
    modules: ['embedded'],
    versionArray: [...SERVER_VERSION.split('.').map((part) => int32(Number(part))), int32(0)],
    storageEngines: ['sqlite'],
    javascriptEngine: 'none',
    bits: int32(64),
    debug: false,
    maxBsonObjectSize: int32(DOCUMENT_BYTES_MAX),
  });
}

export function hostInfo(): Reply {
  return doc({
    system: doc({
      currentTime: new DateTime(BigInt(Date.now())),
      hostname: hostname(),
      memSizeMB: int32(Math.floor(totalmem() / 1024 / 1024)),
    }),
    os: doc({ type: platform(), name: platform(), version: release() }),
    extra: new Map(),
  });
}

export function serverStatus(engine: Engine): Reply {
  const uptimeMs = Date.now() - engine.startedAtMs;
  return doc({
    host: engine.address,
    version: SERVER_VERSION,
    process: 'embedded',
    pid: BigInt(process.pid),
    uptime: uptimeMs / 1000,
    uptimeMillis: BigInt(uptimeMs),
    localTime: new DateTime(BigInt(Date.now())),
    storageEngine: doc({ name: 'sqlite', supportsCommittedReads: true, persistent: true }),
    metrics: doc({ cursor: doc({ open: doc({ total: BigInt(engine.cursors.openCount) }) }) }),
    transactions: doc({ currentOpen: BigInt(engine.sessions.openTransactions.size) }),
  });
}

const PARAMETERS: Doc = doc({
  featureCompatibilityVersion: doc({ version: SERVER_VERSION.slice(0, 3) }),
  authenticationMechanisms: [],
  requireApiVersion: false,
  enableTestCommands: false,
});

/** `getParameter`: the few that drivers and tools request. */
export function getParameter(engine: Engine, request: Request): Reply {
  const parameters = new Map<string, Value>(PARAMETERS)
    .set('enableTestCommands', engine.options.failPoints)
    .set('authenticationMechanisms', engine.authentication.isRequired ? ['SCRAM-SHA-256'] : [])
    .set('transactionLifetimeLimitSeconds', int32(Math.round(engine.options.transactionLifetimeMs / 1000)));
  if (request.body.get('getParameter') === '*') return parameters;
  const found = [...parameters].filter(([name]) => request.body.has(name));
  if (found.length === 0) throw new CommandError('InvalidOptions', 'no option found to get');
  return new Map(found);
}

export function connectionStatus(): Reply {
  return doc({ authInfo: doc({ authenticatedUsers: [], authenticatedUserRoles: [] }) });
}

export function whatsmyuri(_engine: Engine, request: Request): Reply {
  return doc({ you: `local:${request.client.id}` });
}

export function getLog(): Reply {
  return doc({ totalLinesWritten: int32(0), log: [] });
}

export function getCmdLineOpts(): Reply {
  return doc({ argv: [], parsed: new Map() });
}

export function configureFailPoint(engine: Engine, request: Request): Reply {
  if (!engine.options.failPoints)
    throw new CommandError('CommandNotFound', "no such command: 'configureFailPoint'");
  engine.failPoints.configure(request.body);
  return new Map();
}
