import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { startScript } from '../child.ts';
import { key } from '../heddle.ts';
import { loadCallsAtRate, loadEventStreams } from '../load.ts';
import type { Running } from './gateway.ts';
import { findPeers, floor, heddles } from './gateways.ts';
import { isBeyondLoopback, listSockets, type OpenSocket, readSockets } from './sockets.ts';
import { writeTable } from './table.ts';

describe('the gateways of bench/peers', () => {
  const stack = new AsyncDisposableStack();
  const tokens = 3;
  let running: readonly Running[];

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const upstream = stack.use(await startScript('./mock-upstream.ts', { TOKENS: String(tokens) }));
    const options = { upstream: upstream.origin, dir: join(dir, 'data'), tokens };
    const withoutRows = heddles.find(({ name }) => name.includes('without')) ?? floor;
    running = [stack.use(await floor.start(options)), stack.use(await withoutRows.start(options))];
  });
  afterAll(() => stack.disposeAsync());

  it('answer a call and a stream as the mock upstream does, and stay on loopback', async () => {
    for (const { pid, origin, dialect } of running) {
      await loadCallsAtRate([{ ...dialect.call, origin }], { rate: 1, seconds: 1 });
      expect(await loadEventStreams({ ...dialect.stream, origin, streams: 1 })).toBe(tokens);
      const sockets = listSockets(pid);
      expect(sockets.some((socket) => socket.includes('listens on'))).toBe(true);
      expect(sockets.filter(isBeyondLoopback)).toEqual([]);
    }
  });

  it('leave no row of a call where the column is named so', async () => {
    const heddle = createTestClient(running[1]?.origin ?? '', key);
    const query = '{ invocations { edges { node { id } } } }';
    expect(await heddle.data(query)).toMatchObject({ invocations: { edges: [] } });
  });
});

it('finds the sockets of a process, and those that are not on loopback', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const own: OpenSocket = `tcp listens on 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  expect(listSockets(process.pid)).toContain(own);
  server.close();

  const row = (local: string, remote: string, state: string, inode: string) =>
    `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000`;
  const noPeer = '00000000:0000';
  const table = [
    'head',
    row('00000000:1F90', noPeer, '0A', '1'),
    row('0100007F:1F90', noPeer, '0A', '2'),
    row('0100007F:9C40', '0101A8C0:01BB', '01', '3'),
    row('0A01A8C0:9C41', '0100007F:01BB', '01', '4'),
    row('0A01A8C0:0035', noPeer, '07', '5'),
    row('00000000:1F90', noPeer, '0A', '6'),
  ].join('\n');
  const found = readSockets('tcp', table, new Set(['1', '2', '3', '4', '5']));
  expect(found.filter(isBeyondLoopback)).toEqual([
    'tcp listens on 00000000:1F90',
    'tcp talks to 0101A8C0:01BB',
    'tcp listens on 0A01A8C0:0035',
  ]);
});

it.each([
  ['7F is the last byte of an address', '7F000001', true],
  ['127.0.0.1', '0100007F', false],
  ['127.1.2.3', '0302017F', false],
  ['::', '0'.repeat(32), true],
  ['::1', `${'0'.repeat(24)}01000000`, false],
  ['::ffff:127.0.0.1', `${'0'.repeat(16)}FFFF00000100007F`, false],
  ['::ffff:192.168.1.1', `${'0'.repeat(16)}FFFF00000101A8C0`, true],
])('%s as /proc/net writes it', (_name, address, beyond) => {
  expect(isBeyondLoopback(`tcp6 listens on ${address}:1F90`)).toBe(beyond);
});

it('finds no peer where none is installed', () => {
  expect(findPeers(join(tmpdir(), 'heddle-no-peers'))).toEqual([]);
});

it('writes the median of the rounds, and of their ratios to the first column', () => {
  const round = (callMicros: number) => ({
    callMicros,
    tokenMicros: 2 * callMicros,
    callsPerSecond: 1_000 / callMicros,
    addedMs: callMicros / 100,
    mebibytes: 50,
  });
  const table = writeTable(
    [
      { name: 'floor', figures: [round(100), round(10), round(40)] },
      { name: 'other', figures: [round(300), round(5), round(60)] },
    ],
    { inFlight: 8, streams: 9, rate: 7 },
  );
  expect(table.split('\n')).toEqual([
    '| | floor | other |',
    '|---|---|---|',
    '| CPU µs per call, 8 in flight | 40 | 60 (1.5) |',
    '| calls per second, 8 in flight | 25 | 17 (0.67) |',
    '| CPU µs per streamed token, 9 streams | 80 | 120 (1.5) |',
    '| added latency at 7 calls per second, p50 ms | 0.40 | 0.60 (1.5) |',
    '| memory, MiB | 50 | 50 (1.0) |',
  ]);
});
