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

describe('the rule secrets', () => {
  const token = `ghp_${'aB3'.repeat(12)}`;

  it.for([
    '-----BEGIN RSA PRIVATE KEY-----',
    `AKIA${'A1'.repeat(8)}`,
    token,
    `sk-proj-${'aB3'.repeat(14)}`,
    `sk-ant-${'aB3'.repeat(14)}`,
    `AIza${'b'.repeat(35)}`,
    `hd_abcdefgh_${'aB3'.repeat(14)}`,
  ])('finds %s, also in a later text, and does not repeat it', async (secret) => {
    const result = await look('secrets', guarded('harmless'), guarded(`key: ${secret} end`));
    expect(result).toMatchObject({ fired: true });
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  it('finds a secret that is split over neighbouring texts at any place', async () => {
    for (let at = 0; at <= token.length; at++) {
      const split = ['my token: ', token.slice(0, at), token.slice(at), ' done'];
      expect(await look('secrets', ...split.map((text) => guarded(text)))).toMatchObject({ fired: true });
    }
  });

  it('finds addresses with a user or a password', async () => {
    const address = (text: string) => look('secrets', guarded(text, 'url'));
    expect(await address('https://user:password@host.test/a.png')).toMatchObject({ fired: true });
    expect(await address('https://token@host.test/a.png')).toMatchObject({ fired: true });
    expect(await address('https://host.test/a@2x.png')).toEqual({ fired: false });
  });

  it('finds nothing in ordinary text', async () => {
    const harmless = 'My sk-8 skateboard, an AKIA of sorts, and the hd_video_setting.';
    expect(await look('secrets', guarded(harmless), guarded('BEGIN PRIVATE KEY'))).toEqual({ fired: false });
  });
});
