import type { ExecutionResult, GraphQLError } from 'graphql';

interface StreamHooks {
  /** Before each event is requested. */
  readonly onNext: () => void;
  readonly mask: (result: ExecutionResult) => ExecutionResult;
  readonly toError: (thrown: unknown) => GraphQLError;
  /** Once, whichever way the stream ends: its end, its failure, or the reader's leaving. */
  readonly onEnd: () => void;
}

/** What a subscription's source yields, each item executed when it is requested. */
export function executeEvents(
  source: AsyncIterable<unknown>,
  run: (item: unknown) => ExecutionResult | Promise<ExecutionResult>,
): ResultSource {
  const inner = source[Symbol.asyncIterator]();
  return {
    async next() {
      const item = await inner.next();
      return item.done ? { value: undefined, done: true } : { value: await run(item.value), done: false };
    },
    async return() {
      await inner.return?.();
    },
  };
}

/** The results of a subscription; `next` is called one at a time. */
export interface ResultSource {
  next(): Promise<IteratorResult<ExecutionResult, undefined>>;
  return(): Promise<void>;
}

/**
 * The stream of results of a subscription, with our promises: a failure of the source is a last result with
 * errors; a reader that leaves ends it at once. `onEnd` runs before the source hears of the leaving, so that a
 * source that waits for something with the context's signal wakes up: an async generator would otherwise queue
 * return() behind the next() that is still waiting.
 */
export function resultStream(
  inner: ResultSource,
  hooks: StreamHooks,
): AsyncGenerator<ExecutionResult, void, void> {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    hooks.onEnd();
  };
  const done = { value: undefined, done: true } as const;
  const leave = async () => {
    const first = !ended;
    end();
    // Any error: the client has left, and receives nothing more.
    if (first) await inner.return().catch(() => {});
    return done;
  };
  return {
    async next() {
      if (ended) return done;
      hooks.onNext();
      try {
        const item = await inner.next();
        if (ended) return done;
        if (item.done) {
          end();
          return done;
        }
        return { value: item.value.errors ? hooks.mask(item.value) : item.value, done: false };
      } catch (thrown) {
        if (ended) return done;
        end();
        return { value: { errors: [hooks.toError(thrown)] }, done: false };
      }
    },
    return: leave,
    async throw(error) {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}
