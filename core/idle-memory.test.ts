import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { releaseMemoryWhenIdle } from './idle-memory.ts';

const MiB = 1024 * 1024;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Looks of one second at a process that is as busy, and has as much unused memory, as is set. */
function observed() {
  const process = { busy: 1, requests: 0, unusedMiB: 100, collections: 0 };
  const end = releaseMemoryWhenIdle({
    lookMs: 1_000,
    readBusyShare: () => process.busy,
    readRequests: () => process.requests,
    readUnusedBytes: () => process.unusedMiB * MiB,
    collect: () => process.collections++,
  });
  return { process, end, look: () => vi.advanceTimersByTime(1_000) };
}

it('collects garbage once each time that the process becomes idle', () => {
  const { process, end, look } = observed();
  look();
  expect(process.collections).toBe(0);
  process.busy = 0.05;
  for (let n = 0; n < 5; n++) look();
  expect(process.collections).toBe(1);
  process.busy = 0.5;
  look();
  process.busy = 0;
  look();
  expect(process.collections).toBe(2);
  end();
  process.busy = 1;
  vi.advanceTimersByTime(10_000);
  expect(process.collections).toBe(2);
});

it('waits until there is enough to give back', () => {
  const { process, look } = observed();
  process.busy = 0;
  process.unusedMiB = 20;
  look();
  expect(process.collections).toBe(0);
  process.unusedMiB = 30;
  look();
  expect(process.collections).toBe(1);
});

it('keeps no client waiting: of a few requests a process is hardly busy', () => {
  const { process, look } = observed();
  process.busy = 0.02;
  process.requests = 1;
  for (let n = 0; n < 5; n++) look();
  expect(process.collections).toBe(0);
  process.requests = 0;
  look();
  expect(process.collections).toBe(1);
});

it('counts the requests that its servers have begun', async () => {
  vi.useRealTimers();
  await using server = createServer((_request, response) => void response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let collections = 0;
  const end = releaseMemoryWhenIdle({
    lookMs: 1_000,
    readBusyShare: () => 0,
    readUnusedBytes: () => 100 * MiB,
    collect: () => collections++,
  });
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}`)).text();
  vi.advanceTimersByTime(1_000);
  expect(collections).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(collections).toBe(1);
  end();
});

it('collects in this process: what nothing refers to is gone', async () => {
  vi.useRealTimers();
  const make = () => new WeakRef({ some: 'thing' });
  const gone = make();
  await new Promise((resolve) => setImmediate(resolve));
  const end = releaseMemoryWhenIdle({
    lookMs: 10,
    readBusyShare: () => 0,
    readUnusedBytes: () => 100 * MiB,
  });
  await vi.waitFor(() => expect(gone.deref() === undefined).toBe(true), { timeout: 5_000, interval: 50 });
  end();
});
