import { HeddleError } from '#core/errors.ts';
import {
  computeCsrfToken,
  createCookie,
  readOwnCookie,
  refuseForgedSession,
} from '../../auth/session-cookie.ts';
import type { InvitationOffer } from '../../auth/sessions.ts';
import type { Exchange } from '../../http/exchange.ts';
import { sendValue } from '../../http/send.ts';
import { passBody } from '../pass-body.ts';
import { endedInvitation, sendEndedInvitation, sendInvitationPage } from './invitation-page.ts';
import { readContext } from './key-session.ts';
import { beginAtProvider, readCallbackAddress } from './provider-redirect.ts';

/** The cookie of a browser whose user has signed in to accept an invitation. */
const offerName = 'heddle_invitation';
const offerSeconds = 600;
const offerLengthMax = 3_500;
const tokenLengthMax = 100;

function setOffer({ request, response, client }: Exchange, text: string, seconds: number): void {
  const cookie = createCookie(request, client.isProxied, { name: offerName, text, seconds });
  response.appendHeader('set-cookie', cookie);
}

/** Sends the browser of an invited person to the identity provider. Nothing is accepted by it. */
export async function openInvitation(exchange: Exchange): Promise<void> {
  const { search, services, client } = exchange;
  const token = new URLSearchParams(search).get('token') ?? '';
  const begun =
    token === '' || token.length > tokenLengthMax
      ? null
      : await services.sessions.beginInvitation(token, readCallbackAddress(exchange), readContext(exchange));
  if (begun !== null) return beginAtProvider(exchange, begun);
  // Whoever tries links is slowed down as one who tries keys.
  services.clients.refused(client.use);
  sendEndedInvitation(exchange);
}

/** Shows a person who has signed in what it may accept. */
export function showOffer(exchange: Exchange, offered: InvitationOffer | null): void {
  if (offered === null) sendEndedInvitation(exchange);
  else {
    setOffer(exchange, offered.state, offerSeconds);
    sendInvitationPage(exchange, offered, computeCsrfToken(offered.state));
  }
}

/** Accepts what the page has offered, and states where the browser signs in then. */
export async function acceptShownOffer(exchange: Exchange): Promise<void> {
  const { request, response, client, services } = exchange;
  await passBody(exchange);
  const state = readOwnCookie(request, client.isProxied, offerName);
  if (state === undefined || state === '' || state.length > offerLengthMax) {
    throw new HeddleError(
      'UNAUTHENTICATED',
      'Nothing was offered to this browser: open the link of the invitation again.',
    );
  }
  refuseForgedSession(request, client.isProxied, state, 'request');
  const accepted = await services.sessions.acceptInvitation(state, readContext(exchange));
  setOffer(exchange, '', 0);
  if (accepted === null) throw new HeddleError('NOT_FOUND', endedInvitation);
  sendValue(response, {
    next: `/auth/login?${new URLSearchParams({ tenant: accepted.tenantId, issuer: accepted.issuerId })}`,
  });
}
