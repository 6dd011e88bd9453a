import { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { setCompletionHeaders } from './completion-headers.ts';

function readDropped(dropped: readonly string[]): unknown {
  const response = new ServerResponse({ method: 'POST' } as ConstructorParameters<typeof ServerResponse>[0]);
  setCompletionHeaders(
    response,
    { completionId: 'c', dropped, limits: [], guardrailVerdicts: [] },
    () => undefined,
  );
  expect(response.getHeader('x-heddle-completion-id')).toBe('c');
  return response.getHeader('x-heddle-dropped');
}

describe('x-heddle-dropped', () => {
  it('is absent where nothing was dropped', () => {
    expect(readDropped([])).toBeUndefined();
  });

  it('names the fields as the body of the client has them', () => {
    expect(readDropped(['seed', 'providerOptions.chat.store', 'providerOptions.a.b.c'])).toBe(
      'seed, store, b.c',
    );
  });

  it('has at most 1,000 characters, however many names the client sends', () => {
    const text = String(readDropped(Array.from({ length: 5_000 }, (_, at) => `field${at}`)));
    expect(text).toHaveLength(1_000);
    expect(text.startsWith('field0, field1, ')).toBe(true);
  });

  it.each(['é', 'a\r\nx-other: 1', '\u0000', '日本'])(
    'is a valid header also with the name %j, which fails no answer',
    (name) => {
      expect(readDropped([name])).toBe(name.replaceAll(/[^\x20-\x7e]/g, '?'));
    },
  );
});
