import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HeddleError } from '#core/errors.ts';

const loopbackAddress = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
/** What a proxy adds: behind one, every connection comes from the proxy's address. */
const proxyHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
];

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Who may read the metrics. Throws HeddleError for all others. */
export type MetricsAccess = (request: IncomingMessage) => void;

/**
 * With a token, those who send it as `authorization: Bearer`. Without one, programs on this machine: the connection and the host that
 * it names are loopback, and no proxy has passed it on.
 */
export function createMetricsAccess(token: string | undefined): MetricsAccess {
  if (token === undefined) return requireLocal;
  const expected = digest(token);
  return ({ headers: { authorization = '' } }) => {
    const [, sent = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (!timingSafeEqual(digest(sent), expected)) {
      throw new HeddleError(
        'UNAUTHENTICATED',
        'Metrics require the token of HEDDLE_METRICS_TOKEN: send "authorization: Bearer <token>".',
      );
    }
  };
}

function requireLocal({ socket, headers }: IncomingMessage): void {
  const { remoteAddress = '', localAddress = '' } = socket;
  const isLocal =
    loopbackAddress.test(remoteAddress) &&
    loopbackAddress.test(localAddress) &&
    loopbackHost.test(headers.host ?? '') &&
    proxyHeaders.every((name) => headers[name] === undefined);
  if (isLocal) return;
  throw new HeddleError(
    'FORBIDDEN',
    'Metrics are served to this machine alone while no token is set: set HEDDLE_METRICS_TOKEN.',
  );
}
