import { afterAll, describe, expect, it } from 'vitest';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { guardedText, ruleSamples, testRule } from '#test/support/guardrail-rules.ts';
import type { ModelQuestion } from './guardrail.ts';
import { knownRules } from './rules.ts';

const jsonSchemas = createJsonSchemas();
afterAll(() => jsonSchemas[Symbol.asyncDispose]());

const retrieved = guardedText('It was built in 1931.', { kind: 'file', stages: ['INPUT', 'RETRIEVED'] });

/** A server that refuses the texts that state so. */
const post = async ({ body }: { readonly body: string }) =>
  JSON.stringify({ allowed: !body.includes('Refuse') });

/** An AI model that judges and moderates. */
const callModel = async ({ system, user }: ModelQuestion) => {
  const isBad = user.includes('Refuse');
  if (system === '') return isBad ? 'unsafe\nS1' : 'safe';
  return isBad ? '{"score":0}' : '{"score":1}';
};

describe('every rule', () => {
  it('has samples here', () => {
    expect(knownRules.map(({ name }) => name)).toEqual(Object.keys(ruleSamples));
  });

  it.each(knownRules)('$name finds its sample, and nothing in the other', async (rule) => {
    const [found, passed, options = {}] = ruleSamples[rule.name] ?? ['', ''];
    const testWith = (consented: boolean) => {
      const context = { callTexts: () => [retrieved], hasConsent: () => consented, callModel };
      return testRule(rule, options, context, { jsonSchemas, post });
    };
    const result = await testWith(false).look(found);
    expect(result).toMatchObject({ fired: true });
    expect(JSON.stringify(result)).not.toContain(found);
    expect(await testWith(true).look(passed)).toEqual({ fired: false });
  });
});
