import { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readRefusingRule, setGuardrailHeader } from './guardrail-header.ts';
import type { HeaderVerdictFragment } from './operations.generated.ts';

const verdict = (more: Partial<HeaderVerdictFragment> = {}): HeaderVerdictFragment => ({
  ...{ rule: 'pii', action: 'MASK', stage: 'INPUT', fired: true },
  ...more,
});

function read(...verdicts: readonly HeaderVerdictFragment[]): unknown {
  const response = new ServerResponse({ method: 'POST' } as ConstructorParameters<typeof ServerResponse>[0]);
  setGuardrailHeader(response, verdicts);
  return response.getHeader('x-heddle-guardrails');
}

describe('x-heddle-guardrails', () => {
  it('is absent where no rule found anything', () => {
    expect(read()).toBeUndefined();
    expect(read(verdict({ action: 'WARN', fired: false }))).toBeUndefined();
  });

  it('names each rule once with its action and stage, in the order of the verdicts', () => {
    const links = verdict({ rule: 'links', action: 'REDACT', stage: 'OUTPUT' });
    expect(read(verdict(), links, verdict(), verdict({ stage: 'RETRIEVED' }))).toBe(
      'pii;action=MASK;stage=INPUT, links;action=REDACT;stage=OUTPUT, pii;action=MASK;stage=RETRIEVED',
    );
  });

  it('has at most 1,000 characters, and no rule cut', () => {
    const many = Array.from({ length: 100 }, (_, at) => verdict({ rule: `rule_${at}` }));
    const items = String(read(...many)).split(', ');
    expect(items.join(', ').length).toBeLessThanOrEqual(1_000);
    expect(items.length).toBeGreaterThan(20);
    // ;action=MASK;stage=INPUT has 24.
    expect(read(verdict({ rule: 'r'.repeat(976) }))).toHaveLength(1_000);
    expect(read(verdict({ rule: 'r'.repeat(977) }))).toBeUndefined();
    for (const item of items) expect(item).toMatch(/^rule_\d+;action=MASK;stage=INPUT$/);
  });
});

describe('the rule that a refusal is by', () => {
  it.each([
    [{ code: 'GUARDRAIL_BLOCKED', guardrail: 'pii', stage: 'input' }, [verdict({ action: 'BLOCK' })]],
    [
      { code: 'GUARDRAIL_BLOCKED', guardrail: 'pii', stage: 'output' },
      [verdict({ action: 'BLOCK', stage: 'OUTPUT' })],
    ],
    // Of a provider's own filter.
    [{ code: 'GUARDRAIL_BLOCKED' }, []],
    [{ code: 'FORBIDDEN', guardrail: 'pii' }, []],
    [undefined, []],
  ] as const)('of %j is %j', (extensions, rules) => {
    expect(readRefusingRule({ message: 'x', ...(extensions && { extensions }) } as never)).toEqual(rules);
  });
});
