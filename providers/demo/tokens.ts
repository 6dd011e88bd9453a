/** The demo's count of a text: ceil(UTF-8 bytes / 4), so always within the reservation of ceil(bytes / 3). */
export function demoTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** The longest beginning of `text` that counts at most `tokens`, never cutting a code point in two. */
export function firstTokens(text: string, tokens: number): string {
  const bytes = tokens * 4;
  if (Buffer.byteLength(text) <= bytes) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}

/** Words with the white space that follows them: joined again they are the text exactly. */
export function words(text: string): readonly string[] {
  return text.match(/\s*\S+\s*|\s+/gu) ?? [];
}
