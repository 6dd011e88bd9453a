import type { MessagePort } from 'node:worker_threads';
import { documentLength } from '../../bson/decode.ts';
import { type Doc, doc, type Value } from '../../bson/values.ts';
import type { BatchAnswer, BatchMessage, RefusedDocument, WriteOutcome } from '../../channel.ts';
import { DirectWrites } from '../../transactions/direct-writes.ts';
import type { WireClient } from '../../wire/connection.ts';
import type { Message } from '../../wire/message.ts';
import type { Engine } from '../engine.ts';
import { toPlainNumber } from '../fields.ts';
import { Request } from '../request.ts';
import { asCommandError } from '../sessions/labels.ts';
import { insert } from './insert.ts';
import { update } from './update.ts';

const COMMANDS = {
  insert: { run: insert, field: 'documents' },
  update: { run: update, field: 'updates' },
} as const;

const NOTHING_REFUSED: readonly RefusedDocument[] = [];

/** Answers the batches of the process that runs the store; see channel.ts. */
export function serveWriteChannel(engine: Engine, port: MessagePort): void {
  const client: WireClient = { id: 0, name: 'channel', closed: false };
  port.on('message', async ({ id, db, commands }: BatchMessage) => {
    let answer: BatchAnswer;
    try {
      answer = { id, outcomes: await runBatch(engine, client, db, commands) };
    } catch (error) {
      const { message, code, codeName } = asCommandError(error);
      answer = { id, failure: { message, code, codeName } };
    }
    port.postMessage(answer);
  });
}

async function runBatch(
  engine: Engine,
  client: WireClient,
  db: string,
  commands: BatchMessage['commands'],
): Promise<readonly WriteOutcome[]> {
  const writes = new DirectWrites(engine.storage, engine.locks);
  const outcomes: WriteOutcome[] = [];
  try {
    for (const { command, collection, bytes } of commands) {
      const { run, field } = COMMANDS[command];
      const message = buildMessage(command, collection, field, bytes);
      const request = new Request(command, db, message, client, undefined, undefined, writes);
      const outcome = readOutcome(await run(engine, request));
      outcomes.push(outcome);
      if (outcome.refused.length > 0) break;
    }
  } finally {
    // What a failed batch has written before is there: it is not answered before that is durable.
    await writes.durable();
  }
  engine.clusterTime.tick();
  return outcomes;
}

function buildMessage(command: string, collection: string, field: string, bytes: Uint8Array): Message {
  return {
    requestId: 0,
    body: doc({ [command]: collection, ordered: false }),
    sequences: new Map([[field, splitDocuments(bytes)]]),
    silent: false,
    legacy: undefined,
  };
}

/** Documents that stand one behind the other. */
function splitDocuments(bytes: Uint8Array): Uint8Array[] {
  const documents: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = documentLength(bytes, at);
    documents.push(bytes.subarray(at, at + length));
    at += length;
  }
  return documents;
}

function readOutcome(reply: Doc | Uint8Array): WriteOutcome {
  if (!(reply instanceof Map)) throw new Error('a write answers with a document');
  return {
    matched: count(reply.get('n')),
    modified: count(reply.get('nModified')),
    refused: readRefused(reply.get('writeErrors')),
  };
}

function readRefused(errors: Value | undefined): readonly RefusedDocument[] {
  if (!Array.isArray(errors)) return NOTHING_REFUSED;
  return errors
    .filter((error): error is Doc => error instanceof Map)
    .map((error) => ({
      index: count(error.get('index')),
      code: count(error.get('code')),
      message: String(error.get('errmsg')),
    }));
}

function count(value: Value | undefined): number {
  return toPlainNumber(value ?? 0);
}
