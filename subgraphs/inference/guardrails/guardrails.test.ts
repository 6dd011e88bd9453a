import { describe, expect, it } from 'vitest';
import type { Guardrail } from './guardrail.ts';
import { guardrailStages, guardrailsOf } from './guardrails.ts';
import { secretsGuardrail } from './secrets.ts';

const text = (...texts: readonly string[]) => ({ texts, tenantId: 't' });

describe('guardrails', () => {
  it('are known by name; an unknown one is refused with the names there are', () => {
    expect(guardrailsOf(' secrets ,')).toEqual([secretsGuardrail]);
    expect(guardrailsOf('')).toEqual([]);
    expect(() => guardrailsOf('secrets,magic')).toThrow(/magic.*secrets/);
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
  it.for([
    '-----BEGIN RSA PRIVATE KEY-----',
    `AKIA${'A1'.repeat(8)}`,
    `ghp_${'a'.repeat(36)}`,
    `sk-proj-${'a'.repeat(40)}`,
    `sk-ant-${'a'.repeat(40)}`,
    `AIza${'b'.repeat(35)}`,
    `hd_abcdefgh_${'c'.repeat(32)}`,
  ])('refuses %s, also in a later text, and does not repeat it', (secret) => {
    const verdict = secretsGuardrail.checkInput?.(text('harmless', `key: ${secret} end`));
    expect(verdict).toMatchObject({ allowed: false });
    expect(JSON.stringify(verdict)).not.toContain(secret);
  });

  it('lets ordinary text pass', () => {
    const harmless = text(
      'My sk-8 skateboard, an AKIA of sorts, and the hd_video_setting.',
      'BEGIN PRIVATE KEY',
    );
    expect(secretsGuardrail.checkOutput?.(harmless)).toEqual({ allowed: true });
  });
});
