import type { ProviderKind } from '#core/graph-enums.generated.ts';
import { vendors } from './vendors.generated.ts';

/**
 * Where a provider's secret is sent: its API, its address with the path (on a shared host the path decides who receives
 * it), and the region where that is part of the address. Secrets are sealed for it and open for no other destination.
 */
export function providerDestination(provider: {
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly region: string | null;
}): string {
  const { kind, baseUrl, region } = provider;
  const vendor = Object.hasOwn(vendors, kind) ? vendors[kind as ProviderKind] : undefined;
  const address = baseUrl ?? vendor?.baseUrl ?? '';
  return [kind, address, ...(vendor?.isRegional === true && region !== null ? [region] : [])].join(' ');
}
