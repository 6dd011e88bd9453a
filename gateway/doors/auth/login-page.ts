import { createHash } from 'node:crypto';
import type { Exchange } from '../../http/exchange.ts';
import { sendText } from '../../http/send.ts';
import { readReturnPath } from './return-path.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}' +
  'input{font:inherit;width:100%;box-sizing:border-box}label{display:block;margin:1rem 0}';

/** The key leaves its field in one request to this origin, and the field is emptied. */
const script = `
const element = (id) => document.getElementById(id);
element('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = element('key');
  const body = JSON.stringify({ key: field.value });
  field.value = '';
  element('result').textContent = 'Signing in …';
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/auth/session', { method: 'POST', headers, body, cache: 'no-store' });
    if (response.ok) return location.replace(document.body.dataset.return);
    const { errors } = await response.json();
    element('result').textContent = errors[0].message;
  } catch {
    // Any error: the reader of the page is the one who can act on it.
    element('result').textContent = 'The mesh was not reached, or its answer was no JSON.';
  }
});
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(script)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const escapeAttribute = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

function renderLoginPage(returnPath: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in to Heddle</title><style>${style}</style></head>
<body data-return="${escapeAttribute(returnPath)}">
<h1>Sign in</h1>
<form id="sign-in">
<label>API key <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Sign in</button>
<p><output id="result"></output></p>
</form>
<p>The key is sent to this gateway once and starts a session; the browser keeps the cookie of the session, not the key.</p>
<script>${script}</script>
</body>
</html>
`;
}

/** Answers with the page that people sign in on. */
export function sendLoginPage({ response, search }: Exchange): void {
  response.setHeader('content-security-policy', policy);
  sendText(response, 'text/html; charset=utf-8', renderLoginPage(readReturnPath(search)));
}
