import { describe, expect, it } from 'vitest';
import { chooseBodyBounds, resolveLimits } from './limits.ts';

describe('the bounds of a body', () => {
  const limits = resolveLimits({
    bodyBytesMax: 1_000,
    callBodyBytesMax: 8_000,
    anonymousBodyBytesMax: 100,
  });

  it('are larger for calls, with a key alone', () => {
    expect(chooseBodyBounds(limits, false).bytesMax).toBe(1_000);
    expect(chooseBodyBounds(limits, false, true).bytesMax).toBe(8_000);
    expect(chooseBodyBounds(limits, true, true).bytesMax).toBe(100);
  });

  it('are never smaller for calls than for other bodies', () => {
    expect(chooseBodyBounds({ ...limits, bodyBytesMax: 9_000 }, false, true).bytesMax).toBe(9_000);
  });
});
