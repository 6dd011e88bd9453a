import type { IncomingMessage } from 'node:http';
import { exampleOrigin } from './client-setups.ts';

/** A name or an address with a port, without anything that would need to be escaped in a page. */
const hostPattern = /^(?=.{1,255}$)(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** The value that the proxy next to the client wrote: the first of a list. */
function readFirst(header: string | string[] | undefined): string | undefined {
  const first = header?.toString().split(',', 1)[0]?.trim();
  return first === '' ? undefined : first;
}

/**
 * The address by which the client reached this gateway, such as `https://mesh.example`: by `host` and the connection, or by
 * `x-forwarded-proto` and `x-forwarded-host` of a trusted proxy. The example's where a header has no valid one.
 */
export function readPageOrigin({ headers, socket }: IncomingMessage, isProxied: boolean): string {
  const forwarded = (name: string) => (isProxied ? readFirst(headers[name]) : undefined);
  const scheme = forwarded('x-forwarded-proto')?.toLowerCase() ?? ('encrypted' in socket ? 'https' : 'http');
  const host = forwarded('x-forwarded-host') ?? headers.host ?? '';
  if (!/^https?$/.test(scheme) || !hostPattern.test(host)) return exampleOrigin;
  return `${scheme}://${host.toLowerCase()}`;
}
