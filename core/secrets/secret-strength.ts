/** Why a secret that an operator chose is no secret. KNOWN: among the first guesses of an attack. WEAK: far fewer choices than its length has. */
export type SecretWeakness = 'KNOWN' | 'WEAK';

/** What examples and templates have in place of a secret. */
const placeholders = [
  ...['changeme', 'changethis', 'change', 'replaceme', 'replace', 'me', 'this', 'your', 'my', 'the', 'a'],
  ...[
    'secret',
    'password',
    'passwd',
    'passphrase',
    'placeholder',
    'example',
    'default',
    'insert',
    'here',
    'todo',
  ],
];
const onlyPlaceholders = new RegExp(`^(?:${placeholders.join('|')})+$`);
/** Those alone prove nothing: without one of these, a text of short words is no placeholder. */
const telling = /change|replace|secret|pass|placeholder|example|default|insert/;

const distinctMin = 8;

/**
 * Looks for what no random text has: fewer than eight different characters, fewer than eight different steps from one
 * character to the next (sequences such as 0123456789), or one part that is repeated. `prefix` is not looked at.
 */
export function findSecretWeakness(text: string, prefix = ''): SecretWeakness | null {
  const secret = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  const letters = secret.toLowerCase().replace(/[^a-z]/g, '');
  const others = secret.replace(/[a-z]/gi, '');
  // Digits and separators beside such words, as far as they can be guessed too.
  if (onlyPlaceholders.test(letters) && telling.test(letters) && new Set(others).size < distinctMin)
    return 'KNOWN';
  return hasFewChoices([...secret]) ? 'WEAK' : null;
}

/** The same of 32 bytes. */
export function findKeyWeakness(key: Uint8Array): SecretWeakness | null {
  const text = Buffer.from(key).toString('latin1');
  return findSecretWeakness(text) === 'KNOWN' ? 'KNOWN' : hasFewChoices([...text]) ? 'WEAK' : null;
}

function hasFewChoices(characters: readonly string[]): boolean {
  const steps = characters.slice(1).map((next, at) => toCode(next) - toCode(characters[at] ?? ''));
  return (
    new Set(characters).size < distinctMin || new Set(steps).size < distinctMin || isRepeated(characters)
  );
}

function toCode(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Whether a part of at most half its length is repeated, the last time cut short or not. */
function isRepeated(characters: readonly string[]): boolean {
  const { length } = characters;
  for (let period = 1; period <= length / 2; period++) {
    if (characters.every((character, at) => at < period || character === characters[at - period]))
      return true;
  }
  return false;
}
