import { expect, it } from 'vitest';
import { WorkTurns, workAtOnce, workInTurns } from './work-turns.ts';

function* work(pieces: number, onPiece: () => void): Generator<void, string> {
  for (let piece = 0; piece < pieces; piece += 1) {
    onPiece();
    yield;
  }
  return 'done';
}

it('lets others get their turn where pieces of work together have taken long, and only there', async () => {
  let nowMs = 0;
  const turns = new WorkTurns({ now: () => nowMs });
  let others = 0;
  const other = () => {
    others += 1;
    timer = setImmediate(other);
  };
  let timer = setImmediate(other);
  const atOnce = await workInTurns(
    work(20, () => {
      nowMs += 0.1;
    }),
    turns,
  );
  expect([atOnce, others]).toEqual(['done', 0]);
  const inTurns = await workInTurns(
    work(20, () => {
      nowMs += 4;
    }),
    turns,
  );
  clearImmediate(timer);
  expect(inTurns).toBe('done');
  // Each second piece ends a turn of 6 ms and more.
  expect(others).toBeGreaterThanOrEqual(9);
});

it('continues one work in a turn of the process, also where several have waited', async () => {
  const continued: string[] = [];
  let turn = 0;
  const count = () => {
    turn += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const long = async (name: string) => {
    let nowMs = 0;
    const turns = new WorkTurns({ now: () => (nowMs += 10) });
    for (let n = 0; n < 3; n += 1) {
      await turns.pass();
      continued.push(`${turn} ${name}`);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(long));
  clearImmediate(timer);
  const inTurns = continued.map((one) => one.split(' ')[0]);
  expect(new Set(inTurns).size).toBe(continued.length);
});

it('does the same work without a stop', () => {
  let pieces = 0;
  expect(workAtOnce(work(3, () => pieces++))).toBe('done');
  expect(pieces).toBe(3);
});
