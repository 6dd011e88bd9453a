import { Binary, doc, int32, isDoc } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { SESSION_TIMEOUT_MINUTES } from '../../transactions/sessions.ts';
import type { Engine } from '../engine.ts';
import { lsidKey } from '../fields.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { open } from './transaction-numbers.ts';

export function startSession(): Reply {
  const id = crypto.getRandomValues(new Uint8Array(16));
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return doc({ id: doc({ id: new Binary(id, 4) }), timeoutMinutes: int32(SESSION_TIMEOUT_MINUTES) });
}

/** `endSessions` and `killSessions`: their transactions are aborted, their cursors closed. */
export function endSessions(engine: Engine, request: Request): Reply {
  const ids = new Set((request.fields.documents(request.name) ?? []).map(lsidKey));
  engine.cursors.killWhere((cursor) => cursor.session !== undefined && ids.has(cursor.session));
  request.writes.begin();
  engine.sessions.end([...ids]);
  return new Map();
}

/** `killAllSessions`: there is one user, so every session's transaction is aborted and its cursors are closed. */
export function killAllSessions(engine: Engine): Reply {
  engine.cursors.killWhere((cursor) => cursor.session !== undefined);
  for (const transaction of [...engine.sessions.openTransactions]) engine.sessions.abort(transaction);
  return new Map();
}

export function refreshSessions(engine: Engine, request: Request): Reply {
  for (const lsid of request.fields.documents(request.name) ?? []) {
    if (isDoc(lsid)) engine.sessions.use(lsidKey(lsid));
  }
  return new Map();
}

/** `commitTransaction`: also a second time, when the first answer was lost. */
export async function commitTransaction(engine: Engine, request: Request): Promise<Reply> {
  const { session, number } = ending(request);
  if (session.number === number && session.committed) return new Map();
  const transaction = open(session, number);
  engine.cursors.killWhere((cursor) => cursor.transaction === transaction);
  await engine.sessions.commit(session, transaction);
  return new Map();
}

export function abortTransaction(engine: Engine, request: Request): Reply {
  const { session, number } = ending(request);
  const transaction = open(session, number);
  engine.cursors.killWhere((cursor) => cursor.transaction === transaction);
  engine.sessions.abort(transaction);
  return new Map();
}

function ending(request: Request) {
  const { session, body } = request;
  const number = body.get('txnNumber');
  if (session === undefined || typeof number !== 'bigint' || body.get('autocommit') !== false) {
    throw new CommandError('InvalidOptions', `${request.name} must be run within a transaction`);
  }
  return { session, number };
}
