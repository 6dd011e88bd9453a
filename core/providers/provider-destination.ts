import type { ProviderKind } from '../graph-enums.ts';
import { providerVendors } from './provider-vendors.ts';

/** Kinds whose address, or the address that their key is exchanged at, depends on the region. */
const regional: ReadonlySet<string> = new Set<ProviderKind>(['BEDROCK', 'VERTEX']);

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
  const vendor = Object.hasOwn(providerVendors, kind) ? providerVendors[kind as ProviderKind] : undefined;
  const address = baseUrl ?? vendor?.baseUrl ?? '';
  return [kind, address, ...(regional.has(kind) && region !== null ? [region] : [])].join(' ');
}
