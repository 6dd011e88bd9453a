import type { SignInChoices } from '../../auth/sessions.ts';
import type { Exchange } from '../../http/exchange.ts';
import { escapeHtml, sendAuthPage } from './page.ts';

/** Only the domain leaves the page: no address stands in a log of requests. */
const script = `
document.getElementById('by-email').addEventListener('submit', (event) => {
  event.preventDefault();
  const address = document.getElementById('email').value.trim();
  const query = new URLSearchParams(document.body.dataset.query);
  query.set('domain', address.slice(address.lastIndexOf('@') + 1));
  location.assign('/auth/login?' + query);
});
`;

const byEmail = `<form id="by-email">
<label>Email address <input id="email" type="email" autocomplete="email" spellcheck="false" required></label>
<button>Continue</button>
</form>`;

/** What of the query the next page receives. */
const kept = ['return', 'tenant'];

/** Answers with the page on which a person chooses where to sign in. */
export function sendChoicePage(exchange: Exchange, { providers, hasDomains }: SignInChoices): void {
  const given = new URLSearchParams(exchange.search);
  const query = [...given].filter(([name]) => kept.includes(name));
  const toLink = (more: Readonly<Record<string, string>>, text: string) => {
    const search = new URLSearchParams([...query, ...Object.entries(more)]);
    return `<li><a href="/auth/login?${escapeHtml(search.toString())}">${escapeHtml(text)}</a></li>`;
  };
  const links = [
    ...providers.map(({ id, name }) => toLink({ issuer: id }, name)),
    toLink({ with: 'key' }, 'API key'),
  ];
  const body = ['<h1>Sign in</h1>', ...(hasDomains ? [byEmail] : []), '<ul>', ...links, '</ul>'].join('\n');
  const data = { query: new URLSearchParams(query).toString() };
  sendAuthPage(exchange, { title: 'Sign in to Heddle', body, ...(hasDomains ? { script, data } : {}) });
}
