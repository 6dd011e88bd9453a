import { afterEach, describe, expect, it, vi } from 'vitest';
import { runSchemaCommand } from './schema.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the command writes, and its exit code. */
async function run(...args: string[]) {
  const out = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const err = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const code = await runSchemaCommand(args);
  return { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat().join('\n') };
}

describe('heddle schema', () => {
  it('says how it is called when it is called otherwise', async () => {
    for (const args of [
      [],
      ['publish'],
      ['compose', 'x'],
      ['check', '--against'],
      ['check', '--against', 'a', 'b'],
    ]) {
      await expect(run(...args)).rejects.toThrow('--against <git ref>');
    }
  });

  it('names a ref that does not exist', async () => {
    const { code, err } = await run('check', '--against', 'no-such-ref');
    expect(code).toBe(1);
    expect(err).toContain('no-such-ref');
  });
});
