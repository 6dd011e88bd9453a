// What has no place in one line of text: controls (line ends, ANSI escapes), marks of direction, other separators, halves of characters.
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

/** The text with every control character, line end and mark of direction as a visible escape such as \u001b: one line, which no terminal obeys. */
export function showControls(text: string): string {
  return text.replaceAll(hidden, escapeCharacter);
}

/** The value as JSON of one line that has no such character: parsed it is the same value. */
export function toPlainJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(hidden, escapeCharacter);
}
