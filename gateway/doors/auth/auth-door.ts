import type { Exchange } from '../../http/exchange.ts';
import { prefersPage } from '../../http/media-type.ts';
import { sendText, sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';
import { acceptShownOffer, openInvitation } from './invitation.ts';
import { sendSession, signInWithKey, signOut } from './key-session.ts';
import { completeSignIn, login } from './provider-session.ts';

/** What answers each route, by its method and path. */
const routes: Readonly<Record<string, (exchange: Exchange) => Promise<void> | void>> = {
  'GET /auth/login': login,
  'GET /auth/callback': completeSignIn,
  'GET /auth/callback/{issuer}': completeSignIn,
  'GET /auth/session': sendSession,
  'POST /auth/session': signInWithKey,
  'POST /auth/logout': signOut,
  'GET /auth/invitation': openInvitation,
  'POST /auth/invitation': acceptShownOffer,
};

/** Sign-in of people: starts, shows and ends the session of a browser. */
export const authDoor: Door = {
  name: 'auth',
  paths: Object.keys(routes).map((route) => {
    const [method, pattern = ''] = route.split(' ');
    return { methods: [method === 'POST' ? 'POST' : 'GET'], pattern, access: 'public' };
  }),
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle: (exchange) => routes[`${exchange.request.method} ${exchange.pattern}`]?.(exchange),
  writeError({ request, response }, { error }) {
    // People read what went wrong at the identity provider.
    if (prefersPage(request.headers.accept))
      return sendText(response, 'text/plain; charset=utf-8', `${error.message}\n`);
    sendValue(response, { errors: [error] });
  },
};
