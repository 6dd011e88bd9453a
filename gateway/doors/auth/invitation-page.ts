import type { InvitationOffer } from '../../auth/sessions.ts';
import type { Exchange } from '../../http/exchange.ts';
import { type AuthPage, escapeHtml, sendAuthPage } from './page.ts';

/** Nothing is accepted before the button is pressed. */
const script = `
const element = (id) => document.getElementById(id);
element('accept').addEventListener('click', async () => {
  element('accept').disabled = true;
  element('result').textContent = 'Accepting …';
  try {
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'x-heddle-csrf': document.body.dataset.csrf,
    };
    const response = await fetch('/auth/invitation', { method: 'POST', headers, body: '{}', cache: 'no-store' });
    const answer = await response.json();
    if (response.ok) return location.replace(answer.next);
    element('result').textContent = answer.errors[0].message;
  } catch {
    // Any error: the reader of the page is the one who can act on it.
    element('result').textContent = 'The mesh was not reached, or its answer was no JSON.';
  }
});
`;

/** What is wrong with a link: the same words whether it was used, revoked, has expired or never was. */
export const endedInvitation =
  'This invitation cannot be used: it was used or revoked, has expired, or never was. Its sender can send another one.';

const endedPage: AuthPage = {
  title: 'Invitation to Heddle',
  body: `<h1>Invitation</h1>\n<p>${endedInvitation}</p>`,
};

/** Answers with the page on which the person accepts the invitation. */
export function sendInvitationPage(
  exchange: Exchange,
  { tenantName, role, person }: InvitationOffer,
  csrfToken: string,
): void {
  const body = `<h1>Invitation</h1>
<p>You signed in as <strong>${escapeHtml(person)}</strong>.</p>
<p>You become a member of <strong>${escapeHtml(tenantName)}</strong> with the role <strong>${escapeHtml(role)}</strong>.</p>
<button id="accept">Accept</button>
<p><output id="result"></output></p>`;
  sendAuthPage(exchange, { title: 'Invitation to Heddle', body, script, data: { csrf: csrfToken } });
}

/** Answers with the page for a link that cannot be used. */
export function sendEndedInvitation(exchange: Exchange): void {
  exchange.response.statusCode = 404;
  sendAuthPage(exchange, endedPage);
}
