import type { Credentials } from '../../auth/caller.ts';

/** What connection_init may carry: `authorization`, or `apiKey`; header names are taken in any case. */
export function credentialsIn(payload: Readonly<Record<string, unknown>> | null | undefined): Credentials {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(payload ?? {})) {
    if (typeof value === 'string') found[name.toLowerCase()] = value;
  }
  return { authorization: found.authorization, apiKey: found.apikey ?? found['x-api-key'] };
}
