import { describe, expect, it } from 'vitest';
import type { Guardrail } from './guardrail.ts';
import { guardrailStages, knownGuardrails, parseGuardrails } from './guardrails.ts';
import { secretsGuardrail } from './secrets.ts';

const text = (...texts: readonly string[]) => ({ texts, urls: [], tenantId: 't' });

/** For each guardrail a text that it refuses, and one that it has to let through. */
const samples: Readonly<Record<string, readonly [refused: string, passed: string]>> = {
  secrets: [`ghp_${'aB3'.repeat(12)}`, 'Where do I find my token?'],
};

describe('every guardrail', () => {
  it('has samples here', () => {
    expect(knownGuardrails.map(({ name }) => name)).toEqual(Object.keys(samples));
  });

  it.each(knownGuardrails)(
    '$name refuses its sample at each of its stages, and lets the other pass',
    async (guardrail) => {
      const [refused, passed] = samples[guardrail.name] ?? ['', ''];
      const stages = Object.values(guardrailStages([guardrail])).filter((stage) => stage !== undefined);
      expect(stages).not.toEqual([]);
      for (const stage of stages) {
        await expect(stage(text(refused))).rejects.toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
        await expect(stage(text(passed))).resolves.toBeUndefined();
      }
    },
  );
});

describe('guardrails', () => {
  it('are known by name; an unknown one is refused with the names there are', () => {
    expect(parseGuardrails(' secrets ,')).toEqual([secretsGuardrail]);
    expect(parseGuardrails('')).toEqual([]);
    expect(() => parseGuardrails('secrets,magic')).toThrow(/magic.*secrets/);
  });

  it('cost nothing where none looks', () => {
    const onlyInput: Guardrail = { name: 'x', checkInput: () => ({ allowed: true }) };
    expect(guardrailStages([onlyInput]).output).toBeUndefined();
    expect(guardrailStages([]).input).toBeUndefined();
  });

  it('fail closed: one that throws refuses', async () => {
    const broken: Guardrail = {
      name: 'broken',
      checkInput: () => {
        throw new Error('secret detail');
      },
    };
    const { input } = guardrailStages([broken]);
    await expect(input?.(text('x'))).rejects.toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
      message: expect.not.stringContaining('secret detail'),
    });
  });
});

describe('the secrets guardrail', () => {
  const token = `ghp_${'aB3'.repeat(12)}`;

  it.for([
    '-----BEGIN RSA PRIVATE KEY-----',
    `AKIA${'A1'.repeat(8)}`,
    token,
    `sk-proj-${'aB3'.repeat(14)}`,
    `sk-ant-${'aB3'.repeat(14)}`,
    `AIza${'b'.repeat(35)}`,
    `hd_abcdefgh_${'aB3'.repeat(14)}`,
  ])('refuses %s, also in a later text, and does not repeat it', async (secret) => {
    const verdict = await secretsGuardrail.checkInput?.(text('harmless', `key: ${secret} end`));
    expect(verdict).toMatchObject({ allowed: false });
    expect(JSON.stringify(verdict)).not.toContain(secret);
  });

  it('refuses a secret that is split over neighbouring texts at any place', async () => {
    for (let at = 0; at <= token.length; at++) {
      const split = text('my token: ', token.slice(0, at), token.slice(at), ' done');
      expect(await secretsGuardrail.checkInput?.(split)).toMatchObject({ allowed: false });
    }
  });

  it('refuses addresses with a user or a password', async () => {
    const look = (address: string) =>
      secretsGuardrail.checkInput?.({ texts: [address], urls: [address], tenantId: 't' });
    expect(await look('https://user:password@host.test/a.png')).toMatchObject({ allowed: false });
    expect(await look('https://token@host.test/a.png')).toMatchObject({ allowed: false });
    expect(await look('https://host.test/a@2x.png')).toEqual({ allowed: true });
  });

  it('lets ordinary text pass', async () => {
    const harmless = text(
      'My sk-8 skateboard, an AKIA of sorts, and the hd_video_setting.',
      'BEGIN PRIVATE KEY',
    );
    expect(await secretsGuardrail.checkOutput?.(harmless)).toEqual({ allowed: true });
  });
});
