import { describe, expect, it } from 'vitest';
import { checkedForm } from './checked-form.ts';
import { findRule, knownRules } from './rules.ts';

function findProblem(rule: string, options: unknown): string {
  const form = findRule(rule)?.options;
  if (form === undefined) throw new Error(`There is no rule ${rule}.`);
  try {
    checkedForm(form, options, 'options');
  } catch (error) {
    return String((error as Error).message);
  }
  throw new Error('They are valid.');
}

describe('what is wrong with options', () => {
  it.each([
    ['words', {}, 'options.words is required and must be a list.'],
    ['words', { words: 'x' }, 'options.words must be a list.'],
    ['words', { words: [''] }, 'options.words[0] must have at least 1 characters.'],
    ['words', { words: ['x'.repeat(101)] }, 'options.words[0] must have at most 100 characters.'],
    ['words', 'x', 'options must be an object.'],
    ['length', { wordsMax: 1.5 }, 'options.wordsMax must be a whole number.'],
    ['length', {}, 'options must have charactersMin, charactersMax, wordsMin or wordsMax.'],
    ['secrets', { entropy: 'yes' }, 'options.entropy must be true or false.'],
    ['secrets', { prefixes: ['a'] }, /^options\.prefixes\[0\] must be 3 to 32 letters/],
    ['pii', { kinds: ['MAIL'] }, /^options\.kinds\[0\] must be one of: EMAIL, PHONE, /],
    ['pii', { kinds: [] }, 'options.kinds must have at least 1 items.'],
    ['pii', { regions: ['UK'] }, 'options.regions[0] must be a country of ISO 3166-1 such as GB.'],
    ['topics', { denied: ['MEDICAL'], threshold: 0 }, 'options.threshold must be more than 0.'],
    ['topics', { denied: ['A'], topics: { A: [1] } }, /^options\.topics\.A\[0\] must be a term, or /],
    ['language', {}, 'options must have languages in allowed or denied.'],
    [
      'pattern',
      { patterns: [{ pattern: '(?=a)' }] },
      /^options\.patterns\[0\]\.pattern is no pattern of RE2: /,
    ],
    ['links', { schemes: ['HTTP'] }, /^options\.schemes\[0\] must be a scheme in small letters/],
    ['webhook', { url: 'ftp://x' }, /^options\.url must be an https:\/\/ URL without/],
    ['consent', { purpose: 'A B' }, /^options\.purpose must be a purpose: /],
    ['judge', { model: 'm', rubric: 'r', passMark: 2 }, 'options.passMark must be at most 1.'],
  ])('of %s is stated with its field: %j', (rule, options, problem) => {
    if (typeof problem === 'string') expect(findProblem(rule, options)).toBe(problem);
    else expect(findProblem(rule, options)).toMatch(problem);
  });

  it.each(knownRules.map(({ name }) => name))(
    'of %s is never in words that do not state what it has to be',
    (rule) => {
      for (const options of [{ colour: 1 }, 'x', [], 1]) {
        expect(findProblem(rule, options)).toMatch(
          /^options(?:\.\w+)? (?:must (?:not )?(?:be|have) |is required )/,
        );
      }
    },
  );
});
