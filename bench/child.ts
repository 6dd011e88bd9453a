import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Called by a child: states where it listens, and ends with its parent. */
export function reportPort(port: number): void {
  process.send?.({ port });
  process.on('disconnect', () => process.exit(0));
}

export function listenForParent(server: Server): void {
  reportPort((server.address() as AddressInfo).port);
}

export interface Child extends AsyncDisposable {
  readonly pid: number;
  readonly process: ChildProcess;
}

/** Starts a Node process; its errors are shown, its output is the caller's to read. */
export function startNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  ipc: boolean,
): Child {
  const stdio = ['ignore', 'pipe', 'inherit', ...(ipc ? (['ipc'] as const) : [])] as const;
  return startProcess(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...args],
    environment,
    stdio,
  );
}

/** Starts any command with only the variables given. */
export function startProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdio: readonly ('ignore' | 'pipe' | 'inherit' | 'ipc')[],
): Child {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: [...stdio],
  });
  return {
    pid: child.pid as number,
    process: child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Starts a script of this folder that calls listenForParent; answers its origin. */
export async function startScript(
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<Child & { readonly origin: string }> {
  const child = startNode([new URL(script, import.meta.url).pathname], environment, true);
  const [{ port }] = (await once(child.process, 'message')) as [{ port: number }];
  return { ...child, origin: `http://127.0.0.1:${port}` };
}

/**
 * CPU that the threads of a process have used so far, user and system, in microseconds: to the nanosecond, where the count of
 * the whole process is rounded to 10 ms (Documentation/scheduler/sched-stats.rst of Linux).
 */
export function cpuMicros(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanos] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanos) / 1_000;
  }, 0);
}

/** The processes that a process has started, and those that they have. */
export function listDescendants(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...listDescendants(child)]);
}

/** A process and those that it has started. */
export const listTree = (pid: number): readonly number[] => [pid, ...listDescendants(pid)];

/** CPU of a process and those that it has started. */
export const treeCpuMicros = (pid: number) => listTree(pid).reduce((sum, one) => sum + cpuMicros(one), 0);

/** Resident memory of a process and those that it has started, pages that they share counted once. */
export const treeMiB = (pid: number) =>
  listTree(pid).reduce((sum, one) => sum + readMiB(one, 'smaps_rollup', 'Pss'), 0);

/** Resident memory of a process, in MiB. */
export const residentMiB = (pid: number) => readMiB(pid, 'status', 'VmRSS');

/** The most that has been resident of a process since it began, or since `resetPeak`. */
export const peakMiB = (pid: number) => readMiB(pid, 'status', 'VmHWM');

/** From here on `peakMiB` counts anew (`5` to clear_refs, man proc_pid_clear_refs). */
export const resetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

function readMiB(pid: number, file: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}
