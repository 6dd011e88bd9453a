import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryInUse, lockDirectory } from './lock.ts';

describe('lockDirectory', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'store-lock-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Another process that takes the lock and says so. */
  const owner = async () => {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        `const { lockDirectory } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
         // Referred to: a lock that nothing refers to is released when its memory is.
         globalThis.unlock = lockDirectory(${JSON.stringify(dir)});
         console.log('locked');
         process.stdin.resume();`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    return child;
  };

  it('grants the directory to one owner, within a process too, until it is released', () => {
    const unlock = lockDirectory(dir);
    expect(() => lockDirectory(dir)).toThrow(DirectoryInUse);
    unlock();
    lockDirectory(dir)();
  });

  it('refuses while another process has it, names that process, and takes over at once when it was killed', async () => {
    const child = await owner();
    expect(() => lockDirectory(dir)).toThrow(new RegExp(`${dir}.*process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDirectory(dir)();
  });

  it('is not fooled by the id that a dead owner left, even where a living process has it now', () => {
    writeFileSync(join(dir, 'store.pid'), `${process.pid}\n`);
    lockDirectory(dir)();
  });
});
