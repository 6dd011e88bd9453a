import type { ServerResponse } from 'node:http';

/** What no answer of the gateway does without: it is no page, nothing guesses its type, and no cache keeps it. */
export const commonHeaders: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cache-control', 'no-store'],
];

export function setCommonHeaders(response: ServerResponse): void {
  for (const [name, value] of commonHeaders) response.setHeader(name, value);
}

const lines = commonHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');

/** A whole answer without a body, for a connection that has no response of HTTP. */
export function bareAnswer(status: string, headers: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${own.join('')}${lines}connection: close\r\ncontent-length: 0\r\n\r\n`;
}
