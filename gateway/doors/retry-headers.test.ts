import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorCatalog } from '#core/errors.ts';
import { setRetryHeaders } from './retry-headers.ts';

function readHeaders(code: string, retryAfterMs?: number): Readonly<Record<string, unknown>> {
  const headers: Record<string, unknown> = {};
  const response = {
    setHeader: (name: string, value: unknown) => {
      headers[name] = value;
    },
    removeHeader: (name: string) => {
      delete headers[name];
    },
  };
  setRetryHeaders(response as unknown as ServerResponse, {
    message: 'It failed.',
    extensions: { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
  return headers;
}

describe('the headers by which SDKs repeat a call', () => {
  it.each(Object.keys(errorCatalog))('allow no wait of more than a minute for %s', (code) => {
    expect(readHeaders(code, 60_001)).toEqual({ 'retry-after-ms': 60_001, 'x-should-retry': 'false' });
  });

  it.each(Object.keys(errorCatalog).filter((code) => code !== 'BUDGET_EXCEEDED'))(
    'allow a wait of a minute for %s',
    (code) => {
      expect(readHeaders(code, 60_000)).toEqual({ 'retry-after-ms': 60_000 });
    },
  );

  it('allow no repetition of what a budget refused, even where its next window is near', () => {
    expect(readHeaders('BUDGET_EXCEEDED')).toEqual({ 'x-should-retry': 'false' });
    expect(readHeaders('BUDGET_EXCEEDED', 10)).toEqual({ 'retry-after-ms': 10, 'x-should-retry': 'false' });
  });
});
