import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { HeddleProcess } from '../mesh.ts';

/** What one unit of work takes. */
export interface UnitCost {
  /** `read` system calls and their kin of the main thread: on sockets, and on what wakes it (`syscr` of man proc_pid_io). */
  readonly reads: number;
  /** `write` system calls and their kin of the main thread (`syscw`). */
  readonly writes: number;
  /** Bytes of these writes, whether or not they have reached a disk (`wchar`). */
  readonly bytesWritten: number;
  /** The same of all threads, that of the store included. */
  readonly allReads: number;
  readonly allWrites: number;
  readonly allBytesWritten: number;
  /** Bytes that the main thread has allocated in the heap of V8. */
  readonly allocated: number;
}

/**
 * Options of Node for a process whose cost is measured. Optimized code leaves out allocations, in each run from another call on: none is optimized.
 * What is allocated can be counted while V8 does not collect: it has room.
 */
export const measuredOptions: readonly string[] = [
  '--inspect=127.0.0.1:0',
  '--no-opt',
  '--no-maglev',
  '--min-semi-space-size=512',
  '--max-semi-space-size=512',
];

/**
 * Does the work so many times, one after the other, and returns of each count the least: what else a process does, such as its rounds and timers, adds to
 * one time or another, and nothing takes away from it. Times in which V8 has collected do not count; throws where these are most.
 */
export async function measureUnitCost(
  process: InspectedProcess,
  work: () => Promise<unknown>,
  times: number,
): Promise<UnitCost> {
  const measure = async (run: () => Promise<unknown>): Promise<UnitCost> => {
    const costs: UnitCost[] = [];
    for (let time = 0; time < times; time++) {
      const heap = await process.readHeap();
      const before = process.readIo();
      await run();
      const after = process.readIo();
      const { bytes, collections } = await process.readHeap();
      if (collections > heap.collections) continue;
      costs.push(subtract({ ...after, allocated: bytes }, { ...before, allocated: heap.bytes }));
    }
    if (costs.length <= times / 2) throw new Error('V8 has collected most of the times: give it more room.');
    return pickLeast(costs);
  };
  // To look costs something as well.
  const nothing = await measure(async () => {});
  return subtract(await measure(work), nothing);
}

const subtract = (from: UnitCost, what: UnitCost): UnitCost =>
  mapCost(from, (value, field) => value - what[field]);

function mapCost(cost: UnitCost, map: (value: number, field: keyof UnitCost) => number): UnitCost {
  const at = (field: keyof UnitCost) => map(cost[field], field);
  return {
    reads: at('reads'),
    writes: at('writes'),
    bytesWritten: at('bytesWritten'),
    allReads: at('allReads'),
    allWrites: at('allWrites'),
    allBytesWritten: at('allBytesWritten'),
    allocated: at('allocated'),
  };
}

function pickLeast(costs: readonly UnitCost[]): UnitCost {
  const [first] = costs;
  if (first === undefined) throw new Error('Nothing was measured.');
  return mapCost(first, (_value, field) => Math.min(...costs.map((cost) => cost[field])));
}

/** A process that was started with `measuredOptions`. */
export interface InspectedProcess extends Disposable {
  /** What its threads have read and written so far. */
  readIo(): Omit<UnitCost, 'allocated'>;
  /** Bytes in the heap of its main thread, which only grow while V8 does not collect, and how often it has. */
  readHeap(): Promise<{ readonly bytes: number; readonly collections: number }>;
}

/** Connects by V8's inspector protocol (https://chromedevtools.github.io/devtools-protocol/v8/). */
export async function inspectProcess(heddle: HeddleProcess): Promise<InspectedProcess> {
  const [, address = ''] = await heddle.line(/Debugger listening on (ws:\S+)/);
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const { pid } = heddle.child;
  let id = 0;
  const request = async <T>(method: string, params: object = {}): Promise<T> => {
    socket.send(JSON.stringify({ id: ++id, method, params }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    return (JSON.parse(data.toString()) as { result: T }).result;
  };
  const evaluate = async (expression: string): Promise<number> => {
    const { result } = await request<{ result: { value: number } }>('Runtime.evaluate', { expression });
    return result.value;
  };
  const watch =
    "globalThis.collected = new (process.getBuiltinModule('node:v8').GCProfiler)(); collected.start();";
  await evaluate(`${watch} 0`);
  let collections = 0;
  return {
    readIo() {
      const main = readCounts(`/proc/${pid}/task/${pid}/io`);
      const all = readCounts(`/proc/${pid}/io`);
      return {
        ...main,
        allReads: all.reads,
        allWrites: all.writes,
        allBytesWritten: all.bytesWritten,
      };
    },
    async readHeap() {
      const countCollections = () =>
        evaluate(`{ const { length } = collected.stop().statistics; ${watch} length }`);
      collections += await countCollections();
      for (;;) {
        const { usedSize } = await request<{ usedSize: number }>('Runtime.getHeapUsage');
        const since = await countCollections();
        // The bytes before a collection and the count after it do not belong together.
        if (since === 0) return { bytes: usedSize, collections };
        collections += since;
      }
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

function readCounts(file: string) {
  const text = readFileSync(file, 'utf8');
  const read = (field: string) => Number(new RegExp(`^${field}: (\\d+)`, 'm').exec(text)?.[1]);
  return { reads: read('syscr'), writes: read('syscw'), bytesWritten: read('wchar') };
}
