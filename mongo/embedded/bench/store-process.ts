import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A Node process of the bench, ended by disposing of it. */
export interface StoreProcess extends AsyncDisposable {
  readonly pid: number;
  readonly process: ChildProcess;
}

/** Starts a script of this folder with a message channel; its errors are shown, its output is the caller's to read. */
export function startStoreProcess(script: string, ...args: readonly string[]): StoreProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', new URL(script, import.meta.url).pathname, ...args],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
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

/** CPU that a process has used so far, all its threads, user and system, in microseconds (proc_pid_stat(5)). */
export function readCpuMicros(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return (ticks * 1_000_000) / 100;
}
