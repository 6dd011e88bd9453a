import { createHash, randomBytes } from 'node:crypto';
import { toSessionPreimage } from '#core/session-text.ts';
import { noPepper } from '#mongo/key-pepper.ts';
import type { TenantsDeps } from '../deps.ts';

/** The text of a new cookie, 256 random bits, with what is stored of it. */
export function createSessionText({ pepper = noPepper }: Pick<TenantsDeps, 'pepper'>): {
  readonly text: string;
  readonly sessionHash: string;
} {
  const text = randomBytes(32).toString('base64url');
  const digest = createHash('sha256').update(toSessionPreimage(text)).digest('hex');
  return { text, sessionHash: pepper.hash(digest) };
}
