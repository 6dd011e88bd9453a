import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Egress } from '#core/egress.ts';
import { ProviderFailure } from '../provider.ts';

function refused(reason: string): ProviderFailure {
  return new ProviderFailure('NO_ROUTE', `The provider may not be called: ${reason}.`, { retryable: false });
}

type ConnectRules = Pick<Egress, 'refusalOfHost' | 'refusalOfAddress'>;
type Resolved = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A name's addresses without those that may not be called; the refusal where none is left. */
function guardedLookup(egress: ConnectRules): LookupFunction {
  return (hostname: string, options: LookupOptions, resolved: Resolved) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return resolved(error, []);
      const refusals = addresses.map(({ address }) => egress.refusalOfAddress(address, hostname));
      const open = addresses.filter((_, index) => refusals[index] === null);
      const [first] = open;
      if (first === undefined) return resolved(refused(refusals[0] ?? `${hostname} has no address`), []);
      return options.all ? resolved(null, open) : resolved(null, first.address, first.family);
    });
  };
}

/**
 * Opens the connections of provider calls. What is checked is the address that is connected to: what a name stood for a
 * moment ago, or in the answer to another call, proves nothing.
 *
 * @param ca the authorities that are trusted (PEM), in the place of those of the system
 */
export function guardedConnect(
  egress: ConnectRules,
  timeout: number,
  ca?: readonly string[],
): buildConnector.connector {
  const trusted = ca === undefined ? {} : { ca: [...ca] };
  const connect = buildConnector({ timeout, lookup: guardedLookup(egress), ...trusted });
  return (options, connected) => {
    const { hostname } = options;
    const reason = egress.refusalOfHost(hostname) ?? literalRefusal(egress, hostname);
    if (reason !== null) return connected(refused(reason), null);
    return connect(options, connected);
  };
}

/** An address is connected to without being looked up. */
function literalRefusal(egress: ConnectRules, hostname: string): string | null {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? null : egress.refusalOfAddress(address, address);
}
