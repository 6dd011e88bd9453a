import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { createOverloadedError, HeddleError } from '../errors.ts';
import { badInput } from '../input.ts';
import { isNestedTooDeep, jsonDepthMax } from '../json/json-depth.ts';
import { type TaskOutcome, TaskThread, type TaskThreadLimits } from '../threads/task-thread.ts';
import { FairQueue } from './fair-queue.ts';
import type { SchemaRefusal, SchemaTask, SchemaVerdict } from './json-schema-thread.ts';

/**
 * Compiles JSON Schemas from outside, and checks texts with them: 2020-12, or draft-07 where `$schema` states it. Schemas
 * know nothing of each other, references to other documents are refused, `format` is not asserted.
 *
 * Both work in a thread of its own, one task at a time, and never in the caller's: no keyword is cheap for every schema and
 * value. A task that uses up its processor time ends with its thread, and its schema is refused to the same user
 * for a while. Users take turns by what they have used.
 */
export interface JsonSchemas extends AsyncDisposable {
  /**
   * Resolves when answers can be checked with the schema. BAD_USER_INPUT, which names `field`, states that they cannot;
   * OVERLOADED that too many tasks wait.
   * @param user the user that the processor time counts for
   */
  compile(schema: string, field: string, user: string): Promise<void>;
  /** What is wrong with a text as JSON of the schema; null: nothing. Throws as `compile` does. */
  check(schema: string, text: string, field: string, user: string): Promise<string | null>;
  /** Tasks that wait or are worked on. */
  readonly waiting: number;
}

export interface JsonSchemaLimits extends TaskThreadLimits {
  /** Tasks that may wait, of all users and of one. */
  readonly waitingMax: number;
  readonly waitingPerUserMax: number;
  /** Milliseconds that a task waits for its turn. */
  readonly waitMsMax: number;
  /** Milliseconds for which a refusal is remembered. */
  readonly refusedMs: number;
  /** Receives why a thread did not start or ended; callers get OVERLOADED. */
  readonly onThreadFailure?: (error: unknown) => void;
}

type SchemaOutcome = TaskOutcome<SchemaVerdict>;

const entry = new URL('./json-schema-thread.ts', import.meta.url);
const bytesMax = 65_536;
const defaults: JsonSchemaLimits = {
  cpuMsMax: 500,
  taskMsMax: 10_000,
  waitingMax: 1_000,
  waitingPerUserMax: 250,
  waitMsMax: 10_000,
  refusedMs: 600_000,
};
/** Characters of waiting texts, of all users and of one. */
const charsMax = 64 * 1024 * 1024;
const charsPerUserMax = charsMax / 4;
const rememberedMax = 1_000;

/** The JSON text of a schema. BAD_USER_INPUT, which names `field`, for what is no object, larger than 64 KiB, or nested too deep. */
export function jsonSchemaText(schema: unknown, field: string): string {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    badInput(field, 'must be a JSON Schema: an object.');
  }
  const text = toJsonText(schema);
  if (text === null) {
    badInput(field, `may be nested at most ${jsonDepthMax} levels deep.`);
  }
  if (Buffer.byteLength(text) > bytesMax) {
    badInput(field, `may have at most ${bytesMax} bytes.`);
  }
  return text;
}

/** Null: it is nested too deep. */
function toJsonText(value: object): string | null {
  try {
    const text = JSON.stringify(value);
    return isNestedTooDeep(text) ? null : text;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Task {
  readonly request: SchemaTask;
  readonly outcome: PromiseWithResolvers<SchemaOutcome>;
  readonly timer: NodeJS.Timeout;
}

const tooCostly: SchemaRefusal = {
  reason: 'SCHEMA_TOO_COSTLY',
  why: 'compiling it, or checking an answer against it, takes too long',
};

function refusalError(field: string, { reason, why }: SchemaRefusal): HeddleError {
  return new HeddleError('BAD_USER_INPUT', `${field} is no usable JSON Schema: ${why}.`, {
    extensions: { reason, field },
  });
}

function shuttingDown(): HeddleError {
  return createOverloadedError('This process is shutting down.');
}

/** The thread did not start, or ended by a fault of the system: the next task has a new one. */
function threadFailed(cause: unknown): HeddleError {
  return createOverloadedError(
    'The thread that checks JSON Schemas cannot be started or has ended: try again.',
    { cause },
  );
}

function computeHash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The thread starts with the first task, and stays. */
export function createJsonSchemas(options: Partial<JsonSchemaLimits> = {}): JsonSchemas {
  const limits = { ...defaults, ...options };
  const queue = new FairQueue<Task>({ ...limits, sizeMax: charsMax, sizePerUserMax: charsPerUserMax });
  /** Schemas that were compiled before, by their hash. */
  const compiled = new LRUCache<string, true>({ max: rememberedMax });
  /** By user and hash: what one user's texts make costly is not refused to others. */
  const refused = new LRUCache<string, SchemaRefusal>({ max: rememberedMax, ttl: limits.refusedMs });
  let worker: TaskThread<SchemaTask, SchemaVerdict> | undefined;
  let isServing = false;
  let isClosed = false;

  function enqueue(request: SchemaTask, user: string): Promise<SchemaOutcome> {
    const outcome = Promise.withResolvers<SchemaOutcome>();
    const timer = setTimeout(() => {
      queue.withdraw(user, task);
      outcome.reject(createOverloadedError('The check of a JSON Schema has waited too long for its turn.'));
    }, limits.waitMsMax);
    const task: Task = { request, outcome, timer };
    const size = request.schema.length + (request.value?.length ?? 0);
    if (isClosed || !queue.add(user, task, size)) {
      clearTimeout(timer);
      return Promise.reject(createOverloadedError('Too many checks of JSON Schemas wait for their turn.'));
    }
    void serve();
    return outcome.promise;
  }

  async function serve(): Promise<void> {
    if (isServing) return;
    isServing = true;
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      const { user, task } = next;
      clearTimeout(task.timer);
      try {
        if (worker?.isUsable !== true) worker = new TaskThread(entry, 'json-schemas', limits);
        task.outcome.resolve(await worker.run(task.request));
      } catch (error) {
        task.outcome.reject(isClosed ? shuttingDown() : threadFailed(error));
        if (!isClosed) limits.onThreadFailure?.(error);
      }
      queue.charge(user, worker?.lastTaskMs ?? 0);
    }
    isServing = false;
  }

  async function judge(request: SchemaTask, field: string, user: string): Promise<string | null> {
    const hash = computeHash(request.schema);
    const name = `${user}\n${hash}`;
    const known = refused.get(name);
    if (known !== undefined) throw refusalError(field, known);
    if (request.value === undefined && compiled.has(hash)) return null;
    const outcome = await enqueue(request, user);
    if (outcome.kind === 'STARVED')
      throw createOverloadedError('The machine is too busy to check a JSON Schema.');
    if (outcome.kind === 'FAILED') throw threadFailed(new Error('The thread could not check a JSON Schema.'));
    const verdict: SchemaVerdict = outcome.kind === 'TOO_COSTLY' ? { refusal: tooCostly } : outcome.answer;
    if ('refusal' in verdict) {
      refused.set(name, verdict.refusal);
      throw refusalError(field, verdict.refusal);
    }
    compiled.set(hash, true);
    return verdict.problem;
  }

  return {
    async compile(schema, field, user) {
      await judge({ schema }, field, user);
    },
    check: (schema, text, field, user) => judge({ schema, value: text }, field, user),
    get waiting() {
      return queue.count + (isServing ? 1 : 0);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (let next = queue.take(); next !== undefined; next = queue.take()) {
        clearTimeout(next.task.timer);
        next.task.outcome.reject(shuttingDown());
      }
      worker?.end();
    },
  };
}
