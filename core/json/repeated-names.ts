import { endOfString } from './json-depth.ts';

/** The gap behind a string, and the colon of a name. */
const colon = /\s*:/y;

/**
 * The first name that one object of a JSON text has twice, at any depth and however it is escaped; undefined where there is none.
 * Parsers disagree on which of the two counts (RFC 8259, 4). The text is valid JSON: others have a result without meaning.
 */
export function findRepeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  let names: Set<string> = new Set();
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      open.push(names);
      names = new Set();
    } else if (character === '}' || character === ']') {
      names = open.pop() ?? new Set();
    } else if (character === '"') {
      const end = endOfString(text, at);
      colon.lastIndex = end + 1;
      if (colon.test(text)) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end;
    }
  }
  return undefined;
}
