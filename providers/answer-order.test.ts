import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { AnswerBuilder, toParts } from './answer-builder.ts';
import { listOutline } from './answer-order.ts';
import type { ProviderPart } from './provider.ts';

const say = (text: string): ProviderPart => ({ type: 'text', text });
const think = (text: string): ProviderPart => ({ type: 'reasoning', text });
const seal = (text: string | null): ProviderPart => ({
  type: 'reasoning-block',
  block: { text, signature: null, redacted: 'sealed', toolCallId: null, provider: 'OPENAI' },
});
const run = (id: string): ProviderPart => ({ type: 'provider-block', format: 'responses', block: { id } });
const call = (index: number): ProviderPart => ({
  ...{ type: 'tool-call', index, id: `call_${index}`, name: 'f', argumentsDelta: '{}' },
});

function build(parts: readonly ProviderPart[]) {
  const builder = new AnswerBuilder();
  for (const part of parts) builder.add(part);
  const { text, toolCalls, extras } = builder;
  const reasoning = builder.reasoning === '' ? null : builder.reasoning;
  return { text, reasoning, toolCalls, ...(extras === undefined ? {} : { extras }) };
}

const readOutline = (parts: readonly ProviderPart[]) =>
  listOutline(build(parts)).map(({ kind, index }) => `${kind} ${index}`);

describe('the outline of an answer', () => {
  it.each<[what: string, parts: readonly ProviderPart[], outline: readonly string[]]>([
    ['nothing', [], []],
    ['a text in pieces', [say('a'), say('b')], ['TEXT 0']],
    [
      'the usual order',
      [think('a'), seal('a'), say('b'), call(0), call(1)],
      ['REASONING 0', 'TEXT 0', 'TOOL_CALL 0', 'TOOL_CALL 1'],
    ],
    [
      'blocks in a text',
      [say('a'), run('x'), say('b'), run('y')],
      ['TEXT 0', 'PROVIDER_BLOCK 0', 'TEXT 1', 'PROVIDER_BLOCK 1'],
    ],
    [
      'reasoning between blocks',
      [think('a'), seal('a'), run('x'), seal(null), run('y'), think('b'), seal('b'), say('c')],
      ['REASONING 0', 'PROVIDER_BLOCK 0', 'REASONING 1', 'PROVIDER_BLOCK 1', 'REASONING 2', 'TEXT 0'],
    ],
    [
      'a block after a call',
      [call(0), run('x'), call(1)],
      ['TOOL_CALL 0', 'PROVIDER_BLOCK 0', 'TOOL_CALL 1'],
    ],
    [
      'a text after a call and a block',
      [run('x'), call(0), say('a')],
      ['PROVIDER_BLOCK 0', 'TOOL_CALL 0', 'TEXT 0'],
    ],
    [
      'blocks of reasoning that come with the end',
      [think('a'), think('b'), say('c'), seal('a'), seal('b')],
      ['REASONING 0', 'REASONING 1', 'TEXT 0'],
    ],
    [
      'a call that reasoning signs',
      [call(0), seal(null), call(1)],
      ['TOOL_CALL 0', 'REASONING 0', 'TOOL_CALL 1'],
    ],
    ['reasoning without a block', [run('x'), think('a'), call(0)], ['PROVIDER_BLOCK 0', 'TOOL_CALL 0']],
    ['a text after a call, with nothing else', [call(0), say('a')], ['TEXT 0', 'TOOL_CALL 0']],
    ['another answer', [say('a'), { type: 'text', text: 'b', alternative: 1 }, say('c')], ['TEXT 0']],
  ])('has %s', (_, parts, outline) => {
    expect(readOutline(parts)).toEqual(outline);
  });

  it('is not kept where it is the usual one', () => {
    expect(build([think('a'), seal('a'), say('b'), run('x'), say('c'), call(0)]).extras).not.toHaveProperty(
      'outline',
    );
    expect(build([run('x'), think('a'), seal('a')]).extras).toHaveProperty('outline');
  });
});

const part = fc.oneof(
  fc.constantFrom('a', 'bc').map(say),
  fc.constantFrom('d', 'ef').map((text) => [think(text), seal(text)]),
  fc.constant(seal(null)),
  fc.constantFrom('x', 'y').map(run),
  fc.constant({ type: 'refusal', text: 'no' } as const),
  fc.constant({ type: 'citation', citation: 'https://source.test' } as const),
  fc.constant(null),
);

it('leads from the parts of any whole answer to the same answer', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (given) => {
      let calls = 0;
      const answer = build(given.flatMap((one) => one ?? call(calls++)));
      expect(build(toParts(answer))).toEqual(answer);
      expect(listOutline(build(toParts(answer)))).toEqual(listOutline(answer));
    }),
  );
});
