/**
 * What the SHA-256 of a session cookie is computed over. It begins as no key and no token can, since a header holds no line
 * break: the text of a cookie is of no use as a key, nor the other way round.
 */
export function toSessionPreimage(cookieText: string): string {
  return `session\n${cookieText}`;
}
