import { answerLook, type ContentSet, userLook } from '../content.ts';
import type { Draw } from '../random.ts';
import { disguise } from './disguises.ts';

/** Rules that find what their options state: sets around the bounds of these. */
const around = [
  '{} is on the list.',
  'We spoke about {} yesterday.',
  'Was ist mit {}?',
  '({})',
  '{"name":"{}"}',
  'À propos de {} : rien.',
];
const charactersMax = 120;
const wordsMax = 20;

function drawWords(count: number, draw: Draw): string {
  return Array.from({ length: count }, () => draw.pick(['tea', 'über', 'naïve', "it's", 'x1', 'дом'])).join(
    ' ',
  );
}

/** Texts one and more beyond a bound, and texts up to it. */
export const lengthSet: ContentSet = {
  rule: 'length',
  kinds: ['CHARACTERS', 'WORDS'],
  options: (kind) => (kind === 'WORDS' ? { wordsMax } : { charactersMax }),
  makeFound: (kind, draw) => {
    const more = 1 + draw.integer(30);
    return userLook(
      kind === 'WORDS' ? drawWords(wordsMax + more, draw) : draw.text(charactersMax + more, 'aé日 '),
    );
  },
  makePassed: (kind, draw) => {
    const less = draw.integer(20);
    return userLook(
      kind === 'WORDS' ? drawWords(wordsMax - less, draw) : draw.text(charactersMax - less, 'aé日 '),
    );
  },
};

const listed = ['Falcon', 'project nightjar', 'Müller', 'Zażółć', 'секрет', '機密', 'سري'];

/** Words of a list in each form that folds to them, and longer words that hold them. */
export const wordsSet: ContentSet = {
  rule: 'words',
  kinds: ['PLAIN', 'DISGUISED'],
  options: () => ({ words: listed }),
  looksAtHarmless: true,
  makeFound: (kind, draw) => {
    const word = draw.pick(listed);
    const written =
      kind === 'PLAIN'
        ? word
        : disguise(word, ['capitals', 'wide', 'zeroWidth', 'softHyphens', 'homoglyphs'], draw);
    return userLook(
      draw.pick(around).replace('{}', () => written.replace(' ', draw.pick([' ', '  ', '\n']))),
    );
  },
  makePassed: (_kind, draw) => {
    const word = draw.pick([
      'Falconer',
      'falcons',
      'project night jars',
      'Müllerei',
      'Zażółcić',
      'секретарь',
      '機会',
      'سريع',
    ]);
    return userLook(draw.pick(around).replace('{}', () => word));
  },
};

const patterns: Readonly<
  Record<string, readonly [pattern: string, found: readonly string[], passed: readonly string[]]>
> = {
  NUMBER: [
    '\\bEMP-\\d{4,6}\\b',
    ['EMP-9999', 'EMP-999999'],
    ['EMP-999', 'EMP-9999999', 'XEMP-9999', 'EMP 9999'],
  ],
  ALTERNATIVES: [
    '\\b(?:KITE|GLOBEX)/[A-Z]{2}\\d+\\b',
    ['KITE/AA9', 'GLOBEX/AA99999'],
    ['KITE/A9', 'INITECH/AA9', 'kite/AA9'],
  ],
  LETTERS: ['\\p{Lu}{3}-\\p{Nd}{2}', ['ÄÖÜ-99', 'ЖЖЖ-99', 'AAA-99'], ['äöü-99', 'AA-99', 'AAA-9x']],
};

/** What a pattern matches, and what it does not by one character. */
export const patternSet: ContentSet = {
  rule: 'pattern',
  kinds: Object.keys(patterns),
  options: (kind) => ({ patterns: [{ pattern: patterns[kind]?.[0] }] }),
  makeFound: (kind, draw) =>
    userLook(draw.pick(around).replace('{}', () => draw.fill(draw.pick(patterns[kind]?.[1] ?? [])))),
  makePassed: (kind, draw) =>
    userLook(draw.pick(around).replace('{}', () => draw.fill(draw.pick(patterns[kind]?.[2] ?? [])))),
};

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer', minimum: 1 },
    name: { type: 'string', minLength: 2 },
    state: { enum: ['OPEN', 'CLOSED'] },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 3 },
  },
  required: ['id', 'name'],
  additionalProperties: false,
};

function drawValue(draw: Draw): Record<string, unknown> {
  return {
    id: 1 + draw.integer(9_999),
    name: draw.pick(['Ann', 'Øyvind', '田中']),
    ...(draw.integer(2) === 0 ? {} : { state: draw.pick(['OPEN', 'CLOSED']) }),
    ...(draw.integer(2) === 0 ? {} : { tags: ['a', 'b'].slice(draw.integer(3)) }),
  };
}

const breaks: Readonly<Record<string, (value: Record<string, unknown>, draw: Draw) => string>> = {
  MISSING: ({ id, name, ...rest }, draw) =>
    JSON.stringify(draw.pick([{ id, ...rest }, { name, ...rest }, rest])),
  WRONG_TYPE: (value, draw) =>
    JSON.stringify({
      ...value,
      ...draw.pick([{ id: '7' }, { id: 1.5 }, { name: null }, { tags: 'a' }, { tags: [1] }]),
    }),
  OUT_OF_RANGE: (value, draw) =>
    JSON.stringify({
      ...value,
      ...draw.pick([{ id: 0 }, { name: 'A' }, { state: 'open' }, { tags: ['a', 'b', 'c', 'd'] }]),
    }),
  UNKNOWN_FIELD: (value, draw) => JSON.stringify({ ...value, [draw.text(5, 'abcxyz')]: true }),
  NO_JSON: (value, draw) => {
    const text = JSON.stringify(value);
    return draw.pick([
      text.slice(0, -1),
      `\`\`\`json\n${text}\n\`\`\``,
      `Here it is: ${text}`,
      text.replaceAll('"', "'"),
      `${text},`,
    ]);
  },
};

/** Values that break a schema in each way, and those that match it, as different writers of JSON write them. */
export const schemaSet: ContentSet = {
  rule: 'schema',
  kinds: Object.keys(breaks),
  options: () => ({ schema }),
  makeFound: (kind, draw) => answerLook(breaks[kind]?.(drawValue(draw), draw) ?? ''),
  makePassed: (_kind, draw) => {
    const value = drawValue(draw);
    return answerLook(
      draw.pick([JSON.stringify(value), JSON.stringify(value, null, 2), ` ${JSON.stringify(value)}\n`]),
    );
  },
};
