import { foldText } from '../../text/folded-text.ts';
import { readDisguised, reverseText, rotateText } from '../../text/hidden/disguised-texts.ts';
import { createPatternSearch } from '../../text/pattern-search.ts';
import { spelledReading } from '../../text/spelled-text.ts';
import { placeInSource } from '../../text/word-search.ts';
import type { Signal } from './signal.ts';
import { jailbreaks } from './signals/jailbreaks.ts';
import { overrides } from './signals/overrides.ts';
import { takeovers } from './signals/takeovers.ts';

const signals: readonly Signal[] = [...overrides, ...takeovers, ...jailbreaks];
const commandWords = [
  'ignore',
  'disregard',
  'forget',
  'override',
  'follow',
  'instruction',
  'instructions',
  'directive',
  'directives',
  'rules',
  'prompt',
  'system',
  'previous',
];

function matchWords(words: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${words.join('|')})\\b`, 'gu');
}

/** Words of a whole text in disguise, which is read once more then. */
const disguises: readonly {
  readonly pattern: RegExp;
  readonly undo: (text: string) => string;
  readonly isAligned: boolean;
}[] = [
  { pattern: matchWords([...commandWords, 'following'].map(rotateText)), undo: rotateText, isAligned: true },
  { pattern: matchWords(commandWords.map(reverseText)), undo: reverseText, isAligned: false },
];
const searchSigns = createPatternSearch(
  [...signals, ...disguises].map(({ pattern }) => pattern),
  spelledReading,
);
/** Places of one signal in one window. */
const placesMax = 50;

/** A signal at a place of a text. */
export interface Sign {
  readonly signal: Signal;
  readonly start: number;
  readonly end: number;
}

/** The signals in a text, also where it is in disguise, in the order in which they stand. */
export function findSigns(source: string): readonly Sign[] {
  const plain = search(source);
  const signs = [...plain.signs];
  for (const { undo, isAligned } of plain.disguises) {
    const whole = { start: 0, end: source.length };
    for (const sign of search(undo(source)).signs) signs.push(isAligned ? sign : { ...sign, ...whole });
  }
  for (const { text, start, end } of readDisguised(source)) {
    for (const { signal } of search(text).signs) signs.push({ signal, start, end });
  }
  return signs.sort((a, b) => a.start - b.start);
}

/** The signs of a text as it is, and in which disguises it should be read too. */
function search(source: string): {
  readonly signs: readonly Sign[];
  readonly disguises: ReadonlySet<(typeof disguises)[number]>;
} {
  const folded = foldText(source);
  const signs: Sign[] = [];
  const found = new Set<(typeof disguises)[number]>();
  for (const { pattern, start, end } of searchSigns(folded.text, placesMax)) {
    const signal = signals[pattern];
    const disguise = disguises[pattern - signals.length];
    if (signal !== undefined) signs.push({ signal, ...placeInSource(folded, { start, end }) });
    else if (disguise !== undefined) found.add(disguise);
  }
  return { signs, disguises: found };
}
