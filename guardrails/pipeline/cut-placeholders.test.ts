import { expect, it } from 'vitest';
import { cutPlaceholders } from './cut-placeholders.ts';
import { Masks } from './masks.ts';

const masks = new Masks(['⟨TYPED_1⟩']);
masks.choosePlaceholder('EMAIL', 'ann@x.test');
const text = 'Ann ⟨EMAIL_1⟩ Lee ⟨TYPED_1⟩';
const cut = (start: number, end: number, source = text) =>
  cutPlaceholders([{ text: 0, start, end, kind: 'NAME' }], [{ text: source }], masks).map((found) =>
    source.slice(found.start, found.end),
  );

it.each<[string, number, number, readonly string[]]>([
  ['beside a placeholder stays', 0, 3, ['Ann']],
  ['of a placeholder goes', 4, 13, []],
  ['within a placeholder goes', 5, 12, []],
  ['over a placeholder is cut in two', 0, 17, ['Ann ', ' Lee']],
  ['that begins in a placeholder begins behind it', 6, 17, [' Lee']],
  ['that ends in a placeholder ends before it', 0, 8, ['Ann ']],
  ['of what a client typed stays', 18, 27, ['⟨TYPED_1⟩']],
])('a finding %s', (_what, start, end, expected) => {
  expect(cut(start, end)).toEqual(expected);
});

it('knows placeholders as JSON may escape them', () => {
  const json = '{"a":"\\u27e8EMAIL_1\\u27e9 Lee"}';
  expect(cut(6, 29, json)).toEqual([' Lee']);
});
