import { describe, expect, it } from 'vitest';
import { type GuardedText, guardrailStages, type RuleContext, type TextKind } from '../guardrail.ts';
import { applyFindings } from '../pipeline/edits.ts';
import { Masks } from '../pipeline/masks.ts';
import { secrets } from './secrets.ts';

const context: RuleContext = {
  tenantId: 't',
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

function guarded(text: string, more: Partial<GuardedText> = {}): GuardedText {
  const kind: TextKind = 'message';
  return { text, kind, role: 'user', format: 'TEXT', stages: guardrailStages, isEditable: true, ...more };
}

const look = (texts: readonly GuardedText[], options: object = {}) =>
  secrets.prepare(options, {}).check(texts, context);

/** The texts with what the rule has found in them masked. */
async function mask(
  texts: readonly GuardedText[],
  options: object = {},
): Promise<readonly (string | null)[]> {
  const result = await look(texts, options);
  const masks = new Masks([]);
  return texts.map((text, number) => {
    const own = result.fired ? result.findings.filter((finding) => finding.text === number) : [];
    return applyFindings(
      text,
      own.map((finding) => ({ ...finding, action: 'MASK' })),
      masks,
    );
  });
}

const token = `ghp_${'aB3'.repeat(12)}`;
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'aB3'.repeat(14)}`;

describe('the rule secrets', () => {
  it('states each secret at its place, and repeats none', async () => {
    const texts = [guarded('harmless'), guarded(`key: ${token}, ${jwt} end`)];
    expect(await mask(texts)).toEqual(['harmless', 'key: ⟨GITHUB_TOKEN_1⟩, ⟨JSON_WEB_TOKEN_1⟩ end']);
    expect(JSON.stringify(await look(texts))).not.toContain(token);
  });

  it('leaves the name beside a secret, and JSON as JSON', async () => {
    const value = {
      'api-key': `0a1b${'c2d3'.repeat(7)}`,
      text: `first\n${token}\n"quoted" aws_secret_access_key = ${'aB3/'.repeat(10)}`,
      url: 'postgres://admin:s3cr3tXy@host/db',
    };
    const [json] = await mask([guarded(JSON.stringify(value), { format: 'JSON' })]);
    expect(JSON.parse(json ?? '')).toEqual({
      'api-key': '⟨AZURE_KEY_1⟩',
      text: 'first\n⟨GITHUB_TOKEN_1⟩\n"quoted" aws_secret_access_key = ⟨AWS_SECRET_1⟩',
      url: 'postgres://admin:⟨ADDRESS_PASSWORD_1⟩@host/db',
    });
  });

  it('finds the pieces of a secret that is split over neighbouring texts at any place', async () => {
    for (let at = 1; at < token.length; at += 1) {
      const texts = ['my token: ', token.slice(0, at), token.slice(at), ' done'].map((text) => guarded(text));
      const [before, left, right, after] = await mask(texts);
      expect([before, after]).toEqual(['my token: ', ' done']);
      expect(`${left}${right}`).not.toMatch(/[a-z]/);
    }
    const three = [token.slice(0, 9), token.slice(9, 20), token.slice(20)].map((text) => guarded(text));
    expect(await mask(three)).toEqual(['⟨GITHUB_TOKEN_1⟩', '⟨GITHUB_TOKEN_2⟩', '⟨GITHUB_TOKEN_3⟩']);
  });

  it('finds a split secret among many and among long texts, once', async () => {
    const words = guarded(' some words'.repeat(3_000));
    const texts = [
      words,
      guarded(`${token} and ${token.slice(0, 9)}`),
      guarded(token.slice(9)),
      words,
      guarded(token),
    ];
    const result = await look(texts);
    expect(result).toMatchObject({
      fired: true,
      findings: [{ text: 1, start: 0 }, { text: 1, end: 54 }, { text: 2, start: 0, end: 31 }, { text: 4 }],
    });
  });

  it('finds addresses with a user or a password', async () => {
    const address = (text: string) => look([guarded(text, { kind: 'url' })]);
    expect(await address('https://user:pa55word@host.test/a.png')).toMatchObject({ fired: true });
    expect(await address('https://token@host.test/a.png')).toMatchObject({
      findings: [{ start: 8, end: 13 }],
    });
    expect(await address('https://host.test/a@2x.png')).toEqual({ fired: false });
  });

  it('finds the kinds and the own prefixes that a policy states', async () => {
    expect(await mask([guarded(`${token} ${jwt}`)], { kinds: ['JSON_WEB_TOKEN'] })).toEqual([
      `${token} ⟨JSON_WEB_TOKEN_1⟩`,
    ]);
    const own = 'acme_live_Ab12Cd34Ef56';
    expect(await mask([guarded(`use ${own}.`)], { prefixes: ['acme_'] })).toEqual(['use ⟨OWN_KEY_1⟩.']);
    expect(await look([guarded(`use ${own}.`)])).toEqual({ fired: false });
    for (const options of [
      { kinds: [] },
      { kinds: ['NONE'] },
      { prefixes: ['a'] },
      { prefixes: ['a b c'] },
      { more: 1 },
    ]) {
      expect(() => secrets.prepare(options, {})).toThrow();
    }
  });

  it('finds what was drawn at random after a word that announces it, where `entropy` states it', async () => {
    const drawn = 'q7Zk2Vx9LmT4bRw8YcN3';
    for (const [text, masked] of [
      [`password: ${drawn}`, 'password: ⟨UNKNOWN_SECRET_1⟩'],
      [`MY_API_KEY="${drawn}"`, 'MY_API_KEY="⟨UNKNOWN_SECRET_1⟩"'],
      ['token=k3j9x2m7q8w1z5t4v6b0', 'token=⟨UNKNOWN_SECRET_1⟩'],
    ] as const) {
      expect(await mask([guarded(text)], { entropy: true })).toEqual([masked]);
      expect(await look([guarded(text)])).toEqual({ fired: false });
    }
    const prepared = secrets.prepare({ entropy: true }, {});
    expect(prepared.holdFrom?.(`password: ${drawn.slice(0, 4)}`)).toBe(10);
  });

  it.each([
    'token: 550e8400-e29b-41d4-a716-446655440000',
    'the key d4be61a031f28b96a3cc1e8c349e52cbf627e9bb of the commit',
    'password hash e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'key: data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk',
    'const token = document.getElementById2ForTheTokenV3',
    'token: renderSortableTableColumnHeader2, key = useTranslationsForAllLanguages3',
    'secret = config.get("aws.secretsManager.v2.endpoint")',
    'token:function(e,t){return n.token(e).then(t)},key:"sortableTableColumnHeader2024"',
    'password: your-password-goes-here-123, api_key: EXAMPLEq7Zk2Vx9LmT4bRw8YcN3',
    'q7Zk2Vx9LmT4bRw8YcN3 without a word',
    'key 123456789012345678901234',
    'integrity sha512-C2q/K/eYPyXg81YC9c20zXSEEX7O7fBXYFWig97RVCOXLhutn0sRjg7SwjZX31Wmp67nuyArfRG4C3zWwXUIWG==',
  ])('takes %j for no secret, whatever its entropy', async (text) => {
    expect(await look([guarded(text)], { entropy: true })).toEqual({ fired: false });
  });

  it('masks what encodes a secret, and leaves the rest as it is', async () => {
    const inBase64 = (text: string) => Buffer.from(text).toString('base64');
    const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----';
    const value = {
      data: { token: inBase64(token), key: inBase64(`${key}\n`) },
      url: `https://x.test/cb?to=%2Fa%3Fk%3D${token}`,
      pass: 'postgres:%2F%2Fadmin:s3cr3tXy%40host/db',
      image: inBase64(`\x89PNG${'\x00\xff'.repeat(40)}`),
    };
    const [json] = await mask([guarded(JSON.stringify(value), { format: 'JSON' })]);
    expect(JSON.parse(json ?? '')).toEqual({
      data: { token: '⟨GITHUB_TOKEN_1⟩', key: '⟨PRIVATE_KEY_1⟩' },
      url: 'https://x.test/cb?to=%2Fa%3Fk%3D⟨GITHUB_TOKEN_2⟩',
      pass: 'postgres:%2F%2Fadmin:⟨ADDRESS_PASSWORD_1⟩%40host/db',
      image: value.image,
    });
  });

  it('holds the end of a text that may become a secret', () => {
    const { holdFrom } = secrets.prepare({}, {});
    expect(holdFrom?.('my token: ghp_aB3')).toBe(10);
    expect(holdFrom?.('my token is ')).toBe(12);
  });
});
