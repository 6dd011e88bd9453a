import { describe, expect, it } from 'vitest';
import { type GuardedText, guardrailStages, type RuleContext, type TextKind } from './guardrail.ts';
import { knownRules } from './rules.ts';

const context: RuleContext = {
  tenantId: 't',
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

function guarded(text: string, kind: TextKind = 'message'): GuardedText {
  return { text, kind, role: 'user', format: 'TEXT', stages: guardrailStages, isEditable: true };
}

const prepared = (name: string) => {
  const rule = knownRules.find((candidate) => candidate.name === name);
  return rule?.prepare({}, {});
};

const look = (name: string, ...texts: readonly GuardedText[]) => prepared(name)?.check(texts, context);

/** For each rule a text in which it finds something, and one in which it finds nothing. */
const samples: Readonly<Record<string, readonly [found: string, passed: string]>> = {
  secrets: [`ghp_${'aB3'.repeat(12)}`, 'Where do I find my token?'],
};

describe('every rule', () => {
  it('has samples here', () => {
    expect(knownRules.map(({ name }) => name)).toEqual(Object.keys(samples));
  });

  it.each(knownRules)('$name finds its sample, and nothing in the other', async ({ name }) => {
    const [found, passed] = samples[name] ?? ['', ''];
    const result = await look(name, guarded(found));
    expect(result).toMatchObject({ fired: true });
    expect(JSON.stringify(result)).not.toContain(found);
    expect(await look(name, guarded(passed))).toEqual({ fired: false });
  });
});
