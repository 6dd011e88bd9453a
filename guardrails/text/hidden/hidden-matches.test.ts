import { describe, expect, it } from 'vitest';
import { everySecret } from '#core/secrets/find-secrets.ts';
import { testRule } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import { createPiiSearch } from '../../rules/pii/find-pii.ts';
import { piiOptions } from '../../rules/pii/options.ts';
import { pii } from '../../rules/pii/pii.ts';
import { secrets } from '../../rules/secrets.ts';
import { holdHiddenFrom } from './hidden-matches.ts';

const toHex = (text: string): string => Buffer.from(text).toString('hex');

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

/** How a text is written. */
const encodings: Readonly<Record<string, (text: string) => string>> = {
  base64: toBase64,
  'base64 of addresses': (text) => Buffer.from(text).toString('base64url'),
  'hexadecimal digits': toHex,
  'escapes of addresses': encodeURIComponent,
  'escapes of every character': (text) => toHex(text).replace(/../g, '%$&'),
  'references of HTML': (text) => text.replace(/\W/g, (sign) => `&#${sign.charCodeAt(0)};`),
};

const rules = [
  ['pii', testRule(pii, {}), 'mail ann.lee+x@x.example, please', 'ann.lee+x@x.example'],
  ['pii', testRule(pii, {}), '{"card":"4111 1111 1111 1111"}', '4111 1111 1111 1111'],
  ['secrets', testRule(secrets, {}), `use the key ghp_${'aB3'.repeat(12)}.`, `ghp_${'aB3'.repeat(12)}`],
] as const;

describe('searches', () => {
  const values = [
    'ann.lee@x.example',
    '4111 1111 1111 1111',
    '+49 30 901820',
    'tel 030 901820',
    'born 3. May 1980',
    'born May 5, 1980',
    'IBAN DE89 3704 0044 0532 0130 00',
    'passport C01X00T47',
    'SSN 078-05-1120',
    '8.8.8.8',
    '2001:4860:4860::8888',
    `ghp_${'aB3'.repeat(12)}`,
    `${'aB3'.repeat(13)}JQQJ9${'9'.repeat(20)}ACDOG`,
    `aB38Q~${'aB3'.repeat(11)}`,
    `-----BEGIN PRIVATE KEY-----${'aB3'.repeat(40)}-----END PRIVATE KEY-----`,
    `AWS_SECRET_ACCESS_KEY=${'aB3/'.repeat(10)}`,
  ];
  it.each([
    ['pii', createPiiSearch(piiOptions.parse({}))],
    ['secrets', (text: string, until?: number) => everySecret.findVisible(text, until)],
  ])('of %s find what begins before a place as without it, and little more', (_, search) => {
    const text = `${values.join('; ')}; ${'and so on. '.repeat(20)}${values.join(';\n')}`;
    const all = search(text);
    for (let until = 0; until <= text.length; until += 1) {
      const found = search(text, until);
      const keep = (one: (typeof all)[number]) => one.start < until;
      expect([until, found.filter(keep)]).toEqual([until, all.filter(keep)]);
    }
    expect(search(text, 10).length).toBeLessThan(all.length);
  });
});

describe('values behind encodings', () => {
  it.each(rules)('are found by %s behind one and behind two, at any place', async (_, rule, text, value) => {
    const encoding = fc.constantFrom(...Object.values(encodings));
    const frame = fc.constantFrom(
      ['', ''],
      ['see ', '.'],
      ['https://x.test/a/', '?b=1'],
      ['data:text/plain;base64,', '"'],
    );
    // Around where texts are cut into parts, and where no file in base64 was looked at before.
    const before = fc
      .constantFrom(0, 8_100, 16_380, 65_530)
      .chain((at) => fc.nat({ max: 20 }).map((by) => at + by));
    await fc.assert(
      fc.asyncProperty(
        fc.array(encoding, { minLength: 1, maxLength: 2 }),
        frame,
        before,
        async (layers, [start = '', end = ''], length) => {
          const written = layers.reduce<string>((inner, write) => write(inner), text);
          const source = `${'and so on. '.repeat(length / 11)}${start}${written}${end} more`;
          const found = await rule.find(source);
          expect(found, source.slice(-400)).toHaveLength(1);
          // It is hidden when what is found is gone, and little else went with it.
          expect(await rule.find(source.replace(found[0] ?? '', '⟨⟩'))).toEqual([]);
          const alone = layers.reduce<string>((inner, write) => write(inner), value);
          expect(found[0]?.length).toBeLessThan(alone.length + 24);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(rules)('are not looked for by %s behind three', async (_, rule, text) => {
    const behind = (layers: number) =>
      Array(layers)
        .fill(toBase64)
        .reduce((inner, write) => write(inner), text);
    expect(await rule.find(behind(2))).toHaveLength(1);
    expect(await rule.find(behind(3))).toEqual([]);
  });

  it.each(rules)('are found by %s in a long file, and once', async (_, rule, text, value) => {
    for (const write of [toBase64, toHex]) {
      for (const length of [12_270, 12_288, 49_150, 60_000]) {
        const file = `${'and so on. '.repeat(length / 11)}${text}${' and more.'.repeat(3_000)}`;
        const found = await rule.find(`file:${write(file)}`);
        expect(found).toHaveLength(1);
        expect(found[0]?.length).toBeLessThan(2 * value.length + 8);
      }
    }
  });

  it.each(rules)('are held by %s while they grow', (_, rule, text, value) => {
    for (const [name, write] of Object.entries(encodings)) {
      const source = `see ${write(text)} and so on`;
      const [start, end] = [text.indexOf(value), text.indexOf(value) + value.length];
      const from = 'see '.length + write(text.slice(0, start - (start % 3))).length;
      const to = 'see '.length + write(text.slice(0, end)).length;
      for (let at = from + 2; at < to - 4; at += 1) {
        const held = rule.holdFrom?.(source.slice(0, at)) ?? Number.NaN;
        expect([name, source.slice(0, at), held <= Math.max(from, at - 100)]).toEqual([
          name,
          source.slice(0, at),
          true,
        ]);
      }
    }
  });

  it('hold digits of base64, escapes and tag characters that may continue, and no words', () => {
    const tags = Array.from('ann', (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
    for (const end of ['YW5uLmxl', 'dG8tYW5u/LmxlZQ', 'aGVsbG8=', 'a%4', 'ann&#6', 'ann\\u004', tags])
      expect([end, holdHiddenFrom(`so on ${end}`)]).toEqual([end, 6]);
    for (const text of ['', 'so on', 'so on. ', 'and/or']) expect(holdHiddenFrom(text)).toBe(text.length);
    expect(holdHiddenFrom('aB'.repeat(200))).toBe(300);
  });
});
