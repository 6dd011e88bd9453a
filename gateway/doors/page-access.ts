import type { Exposures } from '../auth/exposure.ts';
import { readCredentials } from '../http/exchange.ts';
import type { Access, Door } from './door.ts';

const accessBy = { on: 'public', authenticated: 'required', off: 'off' } as const;

/** The key that a browser requests from its user: the password, or the name where that is empty. */
function keyInBasic(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return text.slice(colon + 1) || text.slice(0, colon) || undefined;
}

/** Who gets a page for people: as HEDDLE_EXPLORER states. */
export const pageAccess = ({ explorer }: Exposures): Access => accessBy[explorer];

/** The key of a request for a page: a browser sends it as the password of its user. */
export const readPageCredentials: NonNullable<Door['readCredentials']> = (request) => {
  const given = readCredentials(request);
  const key = keyInBasic(given.authorization ?? '');
  return key === undefined ? given : { apiKey: key };
};
