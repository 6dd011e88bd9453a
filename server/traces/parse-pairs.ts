/**
 * Pairs as OpenTelemetry's variables have them, `name=value,other=value`: values percent-encoded, spaces around them left out, the
 * last of a name in force. Throws TypeError or URIError for what is none.
 */
export function parsePairs(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at === -1 || name === '') throw new TypeError('A pair must be name=value.');
    pairs.set(decodeURIComponent(name), decodeURIComponent(part.slice(at + 1).trim()));
  }
  return pairs;
}
