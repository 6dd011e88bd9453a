import { setTimeout as wait } from 'node:timers/promises';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { boundRetryAfterMs, type ErrorCode, HeddleError } from '#core/errors.ts';
import { activeSpan } from '#core/tracing/span.ts';
import type { SubgraphExecutor, SubgraphRequest } from '../executor.ts';
import type { Resumption } from '../resumption.ts';
import { isOverrun, readError } from './errors.ts';
import { makeResumable, type ResumableDocument } from './resumable-document.ts';

type Events = AsyncIterator<ExecutionResult>;
type Executes = Pick<SubgraphExecutor, 'execute'>;

export interface ResumingOptions {
  readonly resumption: Resumption;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** How long it is tried to continue a stream that has emitted nothing more since it broke. */
const resumeMsMax = 60_000;
const delayMsMin = 100;
const delayMsMax = 2_000;

/** The refusals after which another try, or another process, may do better. */
const worthAnotherTry: ReadonlySet<unknown> = new Set<ErrorCode>(['OVERLOADED', 'INTERNAL']);

/**
 * Continues the subscriptions of a subgraph in another process that break off before their last event: after the event
 * that the client has last, in whatever process answers then. One that cannot be continued ends with the event that
 * states it failed. A subscription that breaks before its first event fails as it came: what to continue is not known.
 */
export function resumeSubscriptions(executor: Executes, options: ResumingOptions): Executes {
  const known = new WeakMap<DocumentNode, { readonly made: ResumableDocument | undefined }>();
  const findResumable = (document: DocumentNode): ResumableDocument | undefined => {
    let found = known.get(document);
    if (found === undefined) {
      found = { made: makeResumable(document, options.resumption) };
      known.set(document, found);
    }
    return found.made;
  };
  return {
    async execute(request) {
      const resumable = findResumable(request.document);
      if (resumable === undefined) return executor.execute(request);
      const answer = await executor.execute({ ...request, document: resumable.document });
      if (!(Symbol.asyncIterator in answer)) return answer;
      return new ResumingStream(answer[Symbol.asyncIterator](), request, resumable, executor, options);
    },
  };
}

const waitFor = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal });

const brokenOff = 'The stream broke off and could not be continued; read its end with resumeCompletion.';

/** A completion of which only the id is known here: as it reads while it runs elsewhere. */
function unknownCompletion(id: string): Readonly<Record<string, unknown>> {
  return {
    __typename: 'Completion',
    id,
    status: 'RUNNING',
    text: '',
    json: null,
    reasoning: null,
    toolCalls: [],
    finishReason: 'OTHER',
    invocation: { __typename: 'Invocation', id },
  };
}

class ResumingStream implements AsyncIterableIterator<ExecutionResult> {
  #inner: Events;
  readonly #request: SubgraphRequest;
  readonly #resumable: ResumableDocument;
  readonly #executor: Executes;
  readonly #options: ResumingOptions;
  readonly #left = new AbortController();
  /** Of the operation that has subscribed. */
  readonly #span = activeSpan();
  #id: string | undefined;
  #last = -1;
  /** The last event was emitted, or what ends the stream is no event that can be read. */
  #isWhole = false;
  #ended = false;
  #brokenSinceMs: number | undefined;

  constructor(
    inner: Events,
    request: SubgraphRequest,
    resumable: ResumableDocument,
    executor: Executes,
    options: ResumingOptions,
  ) {
    this.#inner = inner;
    this.#request = request;
    this.#resumable = resumable;
    this.#executor = executor;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ExecutionResult>> {
    while (!this.#ended) {
      const step = await this.#inner.next();
      if (step.done !== true && this.#takes(step.value)) return step;
      const canResume = this.#id !== undefined && !this.#isWhole && !this.#isGone();
      if (!canResume) {
        this.#ended = true;
        // A connection that breaks after the last event has broken nothing.
        return this.#isWhole ? { done: true, value: undefined } : step;
      }
      const failure = await this.#resume(step.done === true ? undefined : step.value);
      if (failure === undefined) continue;
      this.#ended = true;
      if (!this.#isGone()) return { done: false, value: failure };
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.#ended = true;
    this.#left.abort();
    await this.#inner.return?.();
    return { done: true, value: undefined };
  }

  /** True for an event; false for what ends the stream instead of one. */
  #takes({ data }: ExecutionResult): boolean {
    if (data === undefined) return false;
    const { rootKey, idKey, sequenceKey } = this.#resumable;
    const event = data?.[rootKey] as Readonly<Record<string, unknown>> | null | undefined;
    if (event === null || event === undefined) {
      this.#isWhole = true;
      return true;
    }
    this.#id ??= String(event[idKey]);
    this.#last = Number(event[sequenceKey]);
    this.#brokenSinceMs = undefined;
    this.#isWhole = this.#options.resumption.lastTypes.includes(String(event.__typename));
    return true;
  }

  /** The client has left; or this gateway ends, and states why itself. */
  #isGone(): boolean {
    return this.#left.signal.aborted || this.#request.signal?.aborted === true;
  }

  /** Continues the stream; otherwise answers its last result. `broke` came instead of an event; undefined: nothing did. */
  async #resume(broke: ExecutionResult | undefined): Promise<ExecutionResult | undefined> {
    const { now = Date.now, random = Math.random, delay = waitFor } = this.#options;
    if (broke !== undefined && isOverrun(broke)) return this.#failure(broke);
    let why = broke;
    this.#brokenSinceMs ??= now();
    const untilMs = this.#brokenSinceMs + resumeMsMax;
    for (let delayMs = delayMsMin; ; delayMs = Math.min(delayMs * 2, delayMsMax)) {
      // Also before the first try: neither does a stream that breaks again and again spin, nor do all come at once.
      // Any error: the wait ends early when the reader leaves, which is looked at below.
      await delay(delayMs * (0.5 + random()), this.#left.signal).catch(() => undefined);
      if (this.#isGone() || now() >= untilMs) return this.#failure(why);
      const answer = await this.#subscribeAgain();
      if (Symbol.asyncIterator in answer) {
        this.#inner = answer[Symbol.asyncIterator]();
        this.#span?.event('stream continued');
        if (this.#left.signal.aborted) await this.#inner.return?.();
        return undefined;
      }
      why = answer;
      if (!worthAnotherTry.has(answer.errors?.[0]?.extensions?.code)) return this.#failure(why);
    }
  }

  async #subscribeAgain(): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
    const { resumeDocument, resumeVariables } = this.#resumable;
    const variables = resumeVariables(this.#request.variables, this.#id ?? '', this.#last);
    try {
      return await this.#executor.execute({ ...this.#request, document: resumeDocument, variables });
    } catch (error) {
      if (error instanceof HeddleError) return { errors: [readError(error)] };
      throw error;
    }
  }

  /** The event that reports the failure, where what the client selects of it is known; otherwise a result with the error. */
  #failure(why: ExecutionResult | undefined): ExecutionResult {
    const completionId = this.#id ?? '';
    const { message = '', extensions = {} } = why?.errors?.[0] ?? {};
    const failure = new HeddleError('OVERLOADED', why !== undefined && isOverrun(why) ? message : brokenOff, {
      extensions: { completionId, retryAfterMs: boundRetryAfterMs(extensions.retryAfterMs) ?? 1_000 },
    });
    const { code, message: reported, extensions: details } = failure;
    const { rootKey, select } = this.#resumable;
    const event = select(this.#options.resumption.failedType, {
      completionId,
      sequence: this.#last + 1,
      code,
      message: reported,
      retryAfterMs: details.retryAfterMs,
      completion: unknownCompletion(completionId),
    });
    return event === undefined ? { errors: [readError(failure)] } : { data: { [rootKey]: event } };
  }
}
