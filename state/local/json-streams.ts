import { parseJson } from '#core/json/exact-json.ts';
import type { LoggedEvent, StreamLogs } from '../streams/stream-log.ts';

/** Logs that hold events as their JSON, as logs of the events themselves. */
export function asEvents(logs: StreamLogs): StreamLogs {
  const parse = <Event>({ sequence, event }: LoggedEvent<string>): LoggedEvent<Event> => ({
    sequence,
    event: parseJson(event) as Event,
  });
  return {
    async open<Event>(...given: Parameters<StreamLogs['open']>) {
      const writer = await logs.open<string>(...given);
      return {
        get length() {
          return writer.length;
        },
        append: (event: Event, size?: number) => writer.append(JSON.stringify(event), size),
        end: (event: Event, size?: number) => writer.end(JSON.stringify(event), size),
        readers: () => writer.readers(),
        [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
      };
    },
    read<Event>(...given: Parameters<StreamLogs['read']>) {
      const reader = logs.read<string>(...given);
      const toEvent = (step: IteratorResult<LoggedEvent<string>>) =>
        step.done === true ? step : { done: false as const, value: parse<Event>(step.value) };
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: async () => toEvent(await reader.next()),
        return: async () => {
          await reader.return?.();
          return { done: true as const, value: undefined };
        },
      };
    },
    held: async <Event>(id: string) => (await logs.held<string>(id)).map((one) => parse<Event>(one)),
    [Symbol.asyncDispose]: () => logs[Symbol.asyncDispose](),
  };
}
