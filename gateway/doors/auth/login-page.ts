import type { Exchange } from '../../http/exchange.ts';
import { sendAuthPage } from './page.ts';
import { readReturnPath } from './return-path.ts';

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

const body = `<h1>Sign in</h1>
<form id="sign-in">
<label>API key <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Sign in</button>
<p><output id="result"></output></p>
</form>
<p>The key is sent to this gateway once and starts a session; the browser keeps the cookie of the session, not the key.</p>`;

/** Answers with the page that people sign in on. */
export function sendLoginPage(exchange: Exchange): void {
  const data = { return: readReturnPath(exchange.search) };
  sendAuthPage(exchange, { title: 'Sign in to Heddle', body, script, data });
}
