import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { echo } from '#test/e2e/scenarios/setup.ts';
import { createTestClient } from '#test/support/client.ts';
import type { TestMesh } from '#test/support/mesh.ts';

/** What no line of the log may say, whatever came in. */
const alarms = /unhandled rejection|uncaught exception|"level":(50|60)/;

/** Fails unless the mesh lives, is ready, answers a normal call, and has logged no error. */
export async function expectUnharmed(mesh: TestMesh): Promise<void> {
  for (const { child } of mesh.processes) expect(child.exitCode).toBeNull();
  expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(200);
  const { complete } = await createTestClient(mesh.url, mesh.adminKey).data<{ complete: { text: string } }>(
    'mutation ($input: CompletionInput!) { complete(input: $input) { text } }',
    echo('still here'),
  );
  expect(complete.text).toBe('still here');
  expect(listAlarms(mesh)).toEqual([]);
}

/** Lines of the log that tell of an error. */
export function listAlarms(mesh: TestMesh): string[] {
  return mesh.processes.flatMap(({ output }) => output().split('\n')).filter((line) => alarms.test(line));
}

/** Sends bytes over a socket of its own; answers everything that came back until the server closed it. */
export async function sendRaw(url: string, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  socket.end();
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid: number | undefined): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}
