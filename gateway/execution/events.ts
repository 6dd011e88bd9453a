/**
 * The source's events, each mapped when it is requested: nothing is read ahead, so a reader that stops requesting holds
 * the source back. `return()` reaches the source at once, even while an event is awaited. A source that fails ends
 * with what `onFailure` makes of the error. `finish` leaves the source as `return()` does, after one more event for the reader.
 */
export function mapEvents<From, To>(
  source: AsyncIterable<From>,
  map: (event: From) => To | Promise<To>,
  onFailure: (error: unknown) => To,
  onEnd: () => void,
): AsyncIterableIterator<To> & { finish(last: To): void } {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  const finished: IteratorResult<To> = { done: true, value: undefined };
  let last: IteratorResult<To> = finished;
  const takeLast = (): IteratorResult<To> => {
    const taken = last;
    last = finished;
    return taken;
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  return {
    async next() {
      if (ended) return takeLast();
      try {
        const { done, value } = await iterator.next();
        if (ended) return takeLast();
        if (done === true) {
          end();
          return finished;
        }
        return { done: false, value: await map(value) };
      } catch (error) {
        if (ended) return takeLast();
        const failure = onFailure(error);
        end();
        // The source may still hold something when it was the mapping that failed.
        // Any error: the first failure ends the stream.
        iterator.return?.().catch(() => undefined);
        return { done: false, value: failure };
      }
    },
    async return() {
      last = finished;
      if (!ended) {
        end();
        await iterator.return?.();
      }
      return finished;
    },
    finish(event) {
      if (ended) return;
      last = { done: false, value: event };
      end();
      // Any error: the source is left, whatever it answers.
      iterator.return?.().catch(() => undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
