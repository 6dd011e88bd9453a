import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { packResult, unpackResult } from './packed-result.ts';

const finding = fc.record(
  {
    text: fc.nat(20),
    start: fc.nat(2 ** 30),
    end: fc.nat(2 ** 30),
    kind: fc.constantFrom('EMAIL', 'PHONE', 'A_KIND'),
    replacement: fc.constantFrom('', 'undefined', '&lt;'),
  },
  { requiredKeys: ['text', 'start', 'end', 'kind'] },
);
const results = fc.oneof(
  fc.constant({ fired: false } as const),
  fc.record(
    {
      fired: fc.constant(true as const),
      reason: fc.string(),
      findings: fc.array(finding),
      repaired: fc.string(),
    },
    { requiredKeys: ['fired', 'reason', 'findings'] },
  ),
);

describe('a packed result', () => {
  it('is the same result after the way to another thread', () => {
    fc.assert(
      fc.property(results, (result) => {
        expect(unpackResult(structuredClone(packResult(result)))).toEqual(result);
      }),
    );
  });
});
