/** What a backslash and one character stand for in a string of JSON; `u` begins four hexadecimal digits. */
export function readShortEscape(character: string): string {
  return shortEscapes[character] ?? character;
}

const shortEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
