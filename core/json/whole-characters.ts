/** Escapes of halves of characters, in pairs or alone, after whole escapes of a backslash. */
const halves = /(?<!\\)((?:\\\\)*)\\u(?:(d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|d[89a-f][0-9a-f]{2})/gi;

/**
 * The JSON with U+FFFD for each half of a character. Clients that cut texts leave such halves in them: no encoding can hold
 * one, so providers that decode strictly refuse the request, and with it every later one of the conversation.
 */
export function toWholeCharacters(json: string): string {
  if (!/\\ud/i.test(json)) return json;
  return json.replace(halves, (found: string, before: string, pair: string | undefined) =>
    pair === undefined ? `${before}\ufffd` : found,
  );
}
