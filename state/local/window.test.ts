import { expect, it } from 'vitest';
import { SendWindow, TakenShare } from './window.ts';

const bounds = { eventsMax: 4, sizeMax: 100, reportedEvents: 2, reportedSize: 50 };
const turn = () => new Promise(setImmediate);

it('lets a sender continue when there is room for its next event, not before', async () => {
  const window = new SendWindow(bounds);
  for (let sent = 0; sent < 6; sent++) window.sent(10);
  let isWaiting = true;
  void window.wait().then(() => {
    isWaiting = false;
  });
  for (const [taken, stillWaits] of [
    [1, true],
    [1, true],
    [1, false],
  ] as const) {
    window.taken(taken, 10 * taken);
    await turn();
    expect(isWaiting).toBe(stillWaits);
  }
});

it('is full by size as by number', () => {
  const window = new SendWindow(bounds);
  window.sent(100);
  expect(window.isFull).toBe(true);
  window.taken(1, 100);
  expect(window.isFull).toBe(false);
});

it('reports what was taken by shares of events or of bytes', () => {
  const reports: [number, number][] = [];
  const share = new TakenShare(bounds, (events, size) => reports.push([events, size]));
  for (const size of [1, 1, 60, 1]) {
    share.took(size);
    share.report();
  }
  expect(reports).toEqual([
    [2, 2],
    [1, 60],
  ]);
});
