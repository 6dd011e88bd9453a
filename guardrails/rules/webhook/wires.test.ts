import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guardedText } from '#test/support/guardrail-rules.ts';
import type { GuardedText, RuleResult } from '../../guardrail.ts';
import { heddleWire } from './heddle-wire.ts';
import { lakeraWire } from './lakera-wire.ts';
import { type WebhookOptions, webhookOptions } from './options.ts';
import { presidioWire } from './presidio-wire.ts';
import { toKind } from './wire.ts';

interface Exchange {
  readonly request: {
    readonly text?: readonly string[];
    readonly messages?: readonly { readonly role: GuardedText['role']; readonly content: string }[];
  };
  readonly response: unknown;
}

const readRecorded = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./recorded/${name}.json`, import.meta.url), 'utf8'));
/** Composed of public schemas: Lakera did not send it. */
const lakera = readRecorded<readonly (Exchange & { readonly name: string })[]>('lakera');
const presidio = readRecorded<Exchange>('presidio');

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const options = (more: object): WebhookOptions =>
  webhookOptions.parse({ url: 'https://guard.example/check', ...more });
const context = { tenantId: 'acme' };
/** What was found, as it stands in its text. */
const quote = (result: RuleResult, texts: readonly GuardedText[]) =>
  result.fired
    ? result.findings.map(({ text, start, end, kind }) => `${kind} ${texts[text]?.text.slice(start, end)}`)
    : null;

describe('the form of Heddle', () => {
  const texts = [guardedText('Hi Ann 🙂!'), guardedText('{"a":1}', { kind: 'tool-result', format: 'JSON' })];
  const read = (answer: unknown) => heddleWire.read(answer, texts);
  const finding = { text: 0, start: 3, end: 6, kind: 'NAME' };

  it('sends the texts with what they are, and nothing of the end user', () => {
    const body = heddleWire.write(texts, options({ secret }), context);
    expect(JSON.parse(body ?? '')).toEqual({
      stage: 'INPUT',
      texts: [
        { text: 'Hi Ann 🙂!', kind: 'message', role: 'user', format: 'TEXT', stages: ['INPUT'] },
        { text: '{"a":1}', kind: 'tool-result', role: 'user', format: 'JSON', stages: ['INPUT'] },
      ],
      call: { tenantId: 'acme' },
    });
  });

  it('allows, refuses with a reason or without, and names places', () => {
    expect(read({ allowed: true })).toEqual({ fired: false });
    expect(read({ allowed: true, findings: [] })).toEqual({ fired: false });
    expect(read({ allowed: false })).toEqual({ fired: true, reason: 'its webhook refuses it', findings: [] });
    expect(read({ allowed: false, reason: 'no names', findings: [finding] })).toEqual({
      ...{ fired: true, reason: 'no names', findings: [finding] },
    });
    const replaced = { ...finding, replacement: 'X' };
    expect(read({ allowed: false, findings: [replaced] })).toMatchObject({ findings: [replaced] });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no verdict', { findings: [] }],
    ['a verdict of another type', { allowed: 'false' }],
    ['an unknown field', { allowed: true, verdict: 'no' }],
    ['findings in what it allows', { allowed: true, findings: [finding] }],
    ['a place beyond the text', { allowed: false, findings: [{ ...finding, end: 11 }] }],
    ['a place before the text', { allowed: false, findings: [{ ...finding, start: -1 }] }],
    ['an empty place', { allowed: false, findings: [{ ...finding, start: 6 }] }],
    ['a place that is half', { allowed: false, findings: [{ ...finding, end: 5.5 }] }],
    ['the start within a character', { allowed: false, findings: [{ ...finding, start: 8, end: 9 }] }],
    ['the end within a character', { allowed: false, findings: [{ ...finding, end: 8 }] }],
    ['a text that is not there', { allowed: false, findings: [{ ...finding, text: 2 }] }],
    ['a kind in small letters', { allowed: false, findings: [{ ...finding, kind: 'name' }] }],
    ['a kind that closes a placeholder', { allowed: false, findings: [{ ...finding, kind: 'A⟩' }] }],
    ['10,000 findings', { allowed: false, findings: Array(10_000).fill(finding) }],
    ['a long reason', { allowed: false, reason: 'x'.repeat(201) }],
    ['a reason with a line break', { allowed: false, reason: 'a\nb' }],
    ['a long replacement', { allowed: false, findings: [{ ...finding, replacement: 'x'.repeat(1_001) }] }],
  ])('is not %s', (_what, answer) => {
    expect(() => read(answer)).toThrow();
  });
});

describe("Presidio's form", () => {
  const recorded = (presidio.request.text ?? []).map((text) => guardedText(text));
  const stated = options({
    format: 'PRESIDIO',
    entities: ['PERSON', 'LOCATION', 'CREDIT_CARD', 'EMAIL_ADDRESS'],
  });

  it('is that of the recorded exchange, with the places of code points as those of the text', () => {
    expect(JSON.parse(presidioWire.write(recorded, stated, context) ?? '')).toEqual(presidio.request);
    const result = presidioWire.read(presidio.response, recorded);
    expect(quote(result, recorded)).toEqual([
      'PERSON Jane Dawson',
      'LOCATION Berlin',
      'EMAIL_ADDRESS jane@example.com',
      'PERSON John Smith',
      'CREDIT_CARD 4111 1111 1111 1111',
      'PERSON Robert Miller',
      'LOCATION Paris',
    ]);
  });

  it('sends of JSON the strings, and finds places within one of them', () => {
    const texts = [guardedText('{"name":"J\\u00e9r\\u00f4me 🙂 \\"Ann\\"","n":7}', { format: 'JSON' })];
    const body = JSON.parse(presidioWire.write(texts, options({ format: 'PRESIDIO' }), context) ?? '');
    expect(body).toEqual({
      text: ['name', 'Jérôme 🙂 "Ann"', 'n', '7'],
      language: 'en',
      score_threshold: 0.5,
    });
    const found = { entity_type: 'PERSON', start: 10, end: 13, score: 1 };
    const first = { entity_type: 'PERSON', start: 0, end: 6, score: 1 };
    const result = presidioWire.read([[], [found, first], [], []], texts);
    expect(quote(result, texts)).toEqual(['PERSON Ann', 'PERSON J\\u00e9r\\u00f4me']);
  });

  it('sends nothing where no text has a letter or a digit', () => {
    expect(presidioWire.write([guardedText(' … '), guardedText('')], stated, context)).toBeNull();
  });

  it('does not send more than 2,000 pieces', () => {
    const text = guardedText(JSON.stringify(Array(2_001).fill('a')), { format: 'JSON' });
    expect(() => presidioWire.write([text], stated, context)).toThrow(/2000 pieces/);
  });

  const place = { entity_type: 'PERSON', start: 0, end: 2, score: 1 };
  it.each<[string, unknown]>([
    ['the results of fewer texts', [[]]],
    ['the results of one text alone', [place]],
    ['an error', { error: 'No matching recognizers were found to serve the request.' }],
    ['a place beyond the text', [[{ ...place, end: 4 }], []]],
    ['a place that ends before it begins', [[{ ...place, start: 2, end: 1 }], []]],
    ['a negative place', [[{ ...place, start: -1 }], []]],
    ['10,000 findings', [Array(10_000).fill(place), []]],
    ['10,000 findings of several texts', [Array(600).fill(place), Array(600).fill(place)]],
    ['a finding without its type', [[{ ...place, entity_type: null }], []]],
  ])('is not %s', (_what, answer) => {
    expect(() => presidioWire.read(answer, [guardedText('a🙂b'), guardedText('abc')])).toThrow();
  });
});

describe("Lakera's form", () => {
  const stated = options({ format: 'LAKERA', projectId: 'project_acme_support', apiKey: 'key' });
  const toTexts = ({ request }: Exchange) =>
    (request.messages ?? []).map(({ role, content }) => guardedText(content, { role }));

  it.each(lakera)('is that of the composed exchange: $name', (exchange) => {
    expect(JSON.parse(lakeraWire.write(toTexts(exchange), stated, context) ?? '')).toEqual(exchange.request);
  });

  it('names detectors, and places where all of what is detected has some', () => {
    const results = lakera.map((exchange) => lakeraWire.read(exchange.response, toTexts(exchange)));
    expect(results.map((result, index) => quote(result, toTexts(lakera[index] as Exchange)))).toEqual([
      [],
      ['EMAIL jane@example.com', 'CREDIT_CARD 4111 1111 1111 1111'],
      null,
    ]);
    expect(results[0]).toMatchObject({ reason: 'it is flagged as prompt_attack' });
  });

  const text = guardedText('🙂 jane@example.com');
  const email = { detector_type: 'pii/email', start: 2, end: 18, text: 'jane@example.com', message_id: 0 };
  const detected = (detector_type: string) => ({ detector_type, detected: true });
  const read = (answer: unknown) => lakeraWire.read(answer, [text]);

  it('lets no attack pass because personal data beside it has a place', () => {
    const breakdown = [detected('pii/email'), detected('prompt_attack')];
    expect(read({ flagged: true, payload: [email], breakdown })).toMatchObject({ findings: [] });
  });

  it('has places in code points or in UTF-16 units, as the text of the match shows', () => {
    for (const place of [email, { ...email, start: 3, end: 19 }]) {
      const result = read({ flagged: true, payload: [place], breakdown: [detected('pii/email')] });
      expect(quote(result, [text])).toEqual(['EMAIL jane@example.com']);
    }
  });

  it('has no reason that quotes what is no name of a detector', () => {
    const breakdown = [detected('jane@example.com'), detected('pii/EMAIL')];
    expect(read({ flagged: true, breakdown })).toMatchObject({ reason: 'it is flagged' });
  });

  it.each<[string, unknown]>([
    ['no verdict', { breakdown: [] }],
    ['a match that quotes another text', { flagged: true, payload: [{ ...email, text: 'joe@example.com' }] }],
    ['a match beyond the text', { flagged: true, payload: [{ ...email, end: 99, text: null }] }],
    ['a match before the text', { flagged: true, payload: [{ ...email, start: -2, text: null }] }],
    ['a message that is not there', { flagged: true, payload: [{ ...email, message_id: 1 }] }],
    ['10,000 matches', { flagged: true, payload: Array(10_000).fill(email) }],
  ])('is not %s', (_what, answer) => {
    expect(() => read(answer)).toThrow();
  });
});

it.each([
  ['US_DRIVER_LICENSE', 'US_DRIVER_LICENSE'],
  ['email', 'EMAIL'],
  ['Custom entity 7 ⟩', 'CUSTOM_ENTITY'],
  ['A_VERY_LONG_NAME_OF_AN_ENTITY', 'A_VERY_LONG_NAME_OF_AN_E'],
  ['7', 'FOUND'],
])('names a finding of the type %j %s', (type, kind) => {
  expect(toKind(type)).toBe(kind);
});
