import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeDocument } from '../bson/decode.ts';
import { type Doc, doc, type Value } from '../bson/values.ts';
import { CLOSE, type WireClient } from '../wire/connection.ts';
import { parseMessage } from '../wire/message.ts';
import { encodeRequest } from '../wire/message-testing.ts';
import { createAnswerer } from './dispatch.ts';
import { Engine, type EngineOptions } from './engine.ts';

/** For tests: an engine on a directory of its own, called without a socket. */
export class TestEngine implements Disposable {
  readonly engine: Engine;
  readonly dir = mkdtempSync(join(tmpdir(), 'store-engine-'));
  readonly #client: WireClient = { id: 1, name: '', closed: false };

  constructor(options: Partial<EngineOptions> = {}) {
    this.engine = new Engine({
      dir: this.dir,
      transactionLifetimeMs: 60_000,
      conflictWaitMsMax: 5_000,
      dataBytesMax: undefined,
      failPoints: false,
      ...options,
    });
  }

  /** The answer to a command on the database `d`, whether ok or not. */
  async ask(fields: { [name: string]: Value | undefined }, client = this.#client): Promise<Doc> {
    const message = parseMessage(encodeRequest(1, doc({ ...fields, $db: fields.$db ?? 'd' })));
    const answer = await createAnswerer(this.engine).answer(message, client);
    if (answer === CLOSE) throw new Error('the connection was closed');
    return decodeDocument(answer);
  }

  /** As `ask`; an answer that is not ok, or has write errors, is thrown. */
  async run(fields: { [name: string]: Value | undefined }): Promise<Doc> {
    const answer = await this.ask(fields);
    if (answer.get('ok') !== 1 || answer.has('writeErrors')) throw new Error(String(answer.get('errmsg')));
    return answer;
  }

  [Symbol.dispose](): void {
    this.engine.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The documents of a cursor's batch. */
export function readBatch(answer: Doc): Doc[] {
  const cursor = answer.get('cursor');
  const batch = cursor instanceof Map ? (cursor.get('firstBatch') ?? cursor.get('nextBatch')) : undefined;
  return Array.isArray(batch) ? batch.filter((item): item is Doc => item instanceof Map) : [];
}

/** The id of a cursor that an answer opened; 0 when nothing follows. */
export function readCursorId(answer: Doc): bigint {
  const cursor = answer.get('cursor');
  const id = cursor instanceof Map ? cursor.get('id') : undefined;
  return typeof id === 'bigint' ? id : 0n;
}
