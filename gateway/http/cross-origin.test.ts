import { globSync, readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowCrossOrigin } from './cross-origin.ts';

const root = resolve(import.meta.dirname, '../..');
/** The names of the headers that a source sets, by a text or by a constant of the same file. */
function findSetHeaders(source: string): string[] {
  return [...source.matchAll(/setHeader\((?:'([^']+)'|(\w+))/g)].map(
    ([, name, constant]) => name ?? new RegExp(`const ${constant} = '([^']+)'`).exec(source)?.[1] ?? '',
  );
}

const isOfCall = (name: string) => /^(?:x-|request-id$|retry-after|anthropic-)/.test(name);

describe('a page of another origin', () => {
  it('reads every header that handlers set to state something of the call', () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    allowCrossOrigin(response);
    const exposed = new Set(String(response.getHeader('access-control-expose-headers')).split(', '));
    const set = globSync('gateway/doors/**/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => findSetHeaders(readFileSync(resolve(root, file), 'utf8')))
      .filter(isOfCall);
    expect(new Set(set).size).toBeGreaterThan(5);
    expect(set.filter((name) => !exposed.has(name))).toEqual([]);
    expect([...exposed]).toEqual(expect.arrayContaining(['x-request-id', 'retry-after']));
  });
});
