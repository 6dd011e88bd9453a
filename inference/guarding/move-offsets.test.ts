import { describe, expect, it } from 'vitest';
import type { ProviderAnswer } from '#providers/provider.ts';
import { fc } from '#test/support/properties.ts';
import { moveOffsets } from './move-offsets.ts';

const block = (textOffset: number) => ({ format: 'responses', block: { type: 'x' }, textOffset });
/** The pieces of a text between blocks, once every piece is as `change` states it. */
function cut(pieces: readonly string[], change: (text: string) => string): readonly string[] {
  const starts = pieces.map((_, at) => pieces.slice(0, at).join('').length);
  const text = change(pieces.join(''));
  const answer: Partial<ProviderAnswer> = {
    text,
    extras: {
      providerBlocks: starts.slice(1).map(block),
      outline: starts.map((index) => ({ kind: 'TEXT', index })),
    },
  };
  const moved = moveOffsets(answer, pieces.join('')).extras;
  const found = moved?.outline?.map(({ index }) => index) ?? [];
  expect(moved?.providerBlocks?.map(({ textOffset }) => textOffset)).toEqual(found.slice(1));
  return found.map((index, at) => text.slice(index, found[at + 1]));
}

describe('places in a text that a guardrail changes', () => {
  const mask = (text: string) => text.replaceAll(/\w+@x\.test/g, '[EMAIL]');
  it.each([
    ['nothing', ['I look. ', 'Found.']],
    ['a value within a piece', ['To ann@x.test. ', 'Found.']],
    ['a value that ends a piece', ['To ann@x.test', 'Found.']],
    ['a value that begins one', ['To ', 'ann@x.test, found.']],
    ['several', ['To ann@x.test and bob@x.test. ', 'Or eve@x.test ', 'or ', 'zoe@x.test']],
    ['a piece that is a value', ['Hello. ', 'ann@x.test', ' Done ', 'bob@x.test.']],
  ])('follow the change: %s', (_, pieces) => {
    expect(cut(pieces, mask)).toEqual(pieces.map(mask));
    expect(cut(pieces.map(mask), () => pieces.join(''))).toEqual(pieces);
  });

  it('stay within the text and in their order, whatever it is changed to', () => {
    const text = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), text, (pieces, changed) => {
        const found = cut(pieces, () => changed);
        expect(found.join('')).toBe(changed);
      }),
    );
  });

  it('are after the change in a text that is too long to compare', () => {
    const long = Array.from({ length: 3_000 }, (_, at) => `a${at} `).join('');
    const pieces = [`Go ${long}`, `${long}end`];
    expect(cut(pieces, (text) => text.replaceAll('a', 'b')).join('')).toBe(
      pieces.join('').replaceAll('a', 'b'),
    );
  });
});
