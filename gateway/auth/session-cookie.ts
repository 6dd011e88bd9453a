import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HeddleError } from '#core/errors.ts';
import { readPageOrigin } from '../doors/root-page/page-origin.ts';

/** The header with the CSRF token of a session: required wherever its cookie is sent with a request that is no read. */
export const csrfHeader = 'x-heddle-csrf';

/** Over TLS it begins with `__Host-`: a browser accepts such a name for this host alone, and from no other path or subdomain. */
const sessionName = 'heddle_session';

const cookieForm = /^[\w-]{43}$/;

/**
 * What the cookie of a session may be used for: `request` for requests of pages of this origin, `page` also for the
 * page itself, which a link of another site may open.
 */
export type SessionUse = 'request' | 'page';

function isSecure(request: IncomingMessage, isProxied: boolean): boolean {
  return readPageOrigin(request, isProxied).startsWith('https:');
}

/** The value of the one cookie with this name; undefined where there is none, or more than one. */
function readCookie(request: IncomingMessage, name: string): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  const found = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined;
}

/** The value of the cookie that `createCookie` has made with this name; undefined where there is none. */
export function readOwnCookie(
  request: IncomingMessage,
  isProxied: boolean,
  name: string,
): string | undefined {
  return readCookie(request, isSecure(request, isProxied) ? `__Host-${name}` : name);
}

/** The text of the session's cookie; undefined where there is none. Checks nothing of the session or of the page that sent it. */
export function readSessionCookie(request: IncomingMessage, isProxied: boolean): string | undefined {
  if (request.headers.cookie === undefined) return undefined;
  const text = readOwnCookie(request, isProxied, sessionName);
  return text !== undefined && cookieForm.test(text) ? text : undefined;
}

/** A Set-Cookie header that no script can read, for requests of this site alone. */
export function createCookie(
  request: IncomingMessage,
  isProxied: boolean,
  { name, text, seconds }: { readonly name: string; readonly text: string; readonly seconds: number },
): string {
  const attributes = `Path=/; Max-Age=${Math.max(0, Math.floor(seconds))}; HttpOnly; SameSite=Lax`;
  const secure = isSecure(request, isProxied);
  return `${secure ? `__Host-${name}` : name}=${text}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** The Set-Cookie header of a session; with an empty text and no seconds it removes the cookie. */
export function createSessionCookie(
  request: IncomingMessage,
  isProxied: boolean,
  text: string,
  seconds: number,
): string {
  return createCookie(request, isProxied, { name: sessionName, text, seconds });
}

/** The CSRF token of a session: whoever cannot read its cookie cannot compute it, and the cookie cannot be computed from it. */
export function computeCsrfToken(cookieText: string): string {
  return createHash('sha256').update(`csrf\n${cookieText}`).digest('base64url');
}

/** True where no header states that a page of another origin sent the request. */
export function isOwnOrigin(request: IncomingMessage, isProxied: boolean): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  const own = readPageOrigin(request, isProxied);
  // Behind a proxy that is not trusted, the scheme of the page is not known here.
  return origin === own || (own.startsWith('http:') && origin === own.replace('http:', 'https:'));
}

/** True where the request opens a page in a tab: it reads, and no script of another origin sees the answer. */
function opensPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers.origin === undefined;
}

/** Throws FORBIDDEN where a page of another origin may have made the browser send the request with its cookie. */
export function refuseForgedSession(
  request: IncomingMessage,
  isProxied: boolean,
  cookieText: string,
  use: SessionUse,
): void {
  if (!isOwnOrigin(request, isProxied) && !(use === 'page' && opensPage(request))) {
    throw new HeddleError(
      'FORBIDDEN',
      'A session is accepted from pages of this origin alone: send an API key from elsewhere. A proxy in front of this gateway must be named in HEDDLE_TRUSTED_PROXIES.',
    );
  }
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const sent = Buffer.from(String(request.headers[csrfHeader] ?? ''));
  const expected = Buffer.from(computeCsrfToken(cookieText));
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) {
    throw new HeddleError(
      'FORBIDDEN',
      `A request with a session must have the header ${csrfHeader} with the csrfToken of GET /auth/session.`,
    );
  }
}
