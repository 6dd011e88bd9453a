import {
  type EncodedWrites,
  encodeWrites,
  WriteFailure,
  type WriteOutcome,
} from '@heddle/embedded-store/channel';
import type { GroupChannel } from '#mongo/group-writes.ts';
import { LocalLink, type LocalPort } from '#state/local/link.ts';

/** Outcomes, or the failure of a batch as a whole. */
type WriteAnswer =
  | { readonly outcomes: readonly WriteOutcome[] }
  | { readonly failure: ConstructorParameters<typeof WriteFailure>[0] };

type StoreCalls = { readonly write: (db: string, writes: EncodedWrites) => Promise<WriteAnswer> };
type NoFunctions = Readonly<Record<never, () => void>>;

/** What a store in this process is written to with. */
export interface EncodedWriter {
  writeEncoded(db: string, writes: EncodedWrites): Promise<readonly WriteOutcome[]>;
}

/** Group writes of a worker, past the driver: by the first process to the thread of its store, in the order in which they come. */
export function openRemoteWrites(port: LocalPort): GroupChannel {
  const link = new LocalLink<StoreCalls, NoFunctions>(port);
  link.serve({}, {});
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    async write(db, commands) {
      const encoded = encodeWrites(commands);
      waiting += 1;
      try {
        const answer = await link.call('write', db, encoded);
        if ('failure' in answer) throw new WriteFailure(answer.failure);
        return answer.outcomes;
      } finally {
        waiting -= 1;
      }
    },
  };
}

/** Serves the group writes of a worker at the other end of the port. */
export function serveRemoteWrites(port: LocalPort, store: EncodedWriter): void {
  const calls: StoreCalls = {
    async write(db, writes) {
      try {
        // What was received is a part of a larger buffer, and what is written is handed over.
        const own = writes.map((write) => ({ ...write, bytes: write.bytes.slice() }));
        return { outcomes: await store.writeEncoded(db, own) };
      } catch (error) {
        if (!(error instanceof WriteFailure)) throw error;
        const { message, code, codeName } = error;
        return { failure: { message, code, codeName } };
      }
    },
  };
  new LocalLink<NoFunctions, NoFunctions>(port).serve(calls, {});
}
