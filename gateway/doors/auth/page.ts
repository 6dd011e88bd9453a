import { createHash } from 'node:crypto';
import type { Exchange } from '../../http/exchange.ts';
import { sendText } from '../../http/send.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'input{font:inherit;width:100%;box-sizing:border-box}label{display:block;margin:1rem 0}';

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A page of sign-in, all of it in one answer. */
export interface AuthPage {
  readonly title: string;
  /** HTML: whatever others have written in it is escaped by `escapeHtml`. */
  readonly body: string;
  /** What the page runs; absent: nothing, and nothing may run. */
  readonly script?: string;
  /** What the script reads: each is an attribute `data-…` of the body. */
  readonly data?: Readonly<Record<string, string>>;
}

/** A text as HTML, also within an attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Answers with the page. Only its own style and script apply, it sends to this origin alone, and no page frames it. */
export function sendAuthPage({ response }: Exchange, { title, body, script, data = {} }: AuthPage): void {
  const policy = [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    ...(script === undefined ? [] : [`script-src ${hash(script)}`, "connect-src 'self'"]),
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`);
  response.setHeader('content-security-policy', policy);
  sendText(
    response,
    'text/html; charset=utf-8',
    `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body${attributes.join('')}>
${body}${script === undefined ? '' : `\n<script>${script}</script>`}
</body>
</html>
`,
  );
}
