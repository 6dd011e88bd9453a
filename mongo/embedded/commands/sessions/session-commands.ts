import { CommandError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { lsidKey } from '../fields.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { open } from './transaction-numbers.ts';

/** `endSessions`: their transactions are aborted, their cursors closed. */
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
