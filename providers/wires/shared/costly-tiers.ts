import type { ProviderCall } from '../../provider.ts';
import { fields } from './fields.ts';

/** By the name of the field: the tiers of service that cost no more than the prices of the AI model. */
const tiers: Readonly<Record<string, ReadonlySet<unknown>>> = {
  service_tier: new Set(['auto', 'default', 'flex', 'standard', 'standard_only']),
  serviceTier: new Set(['auto', 'default', 'flex', 'standard']),
  speed: new Set(['standard']),
};

function isCostly(name: string, value: unknown): boolean {
  // Bedrock has an object with the type of the tier.
  return Object.hasOwn(tiers, name) && tiers[name]?.has(fields(value)?.type ?? value) === false;
}

/** The paths of fields of the call that request a tier which costs more, and which limits and budgets do not know. */
export function listCostlyTiers({ providerOptions = {} }: ProviderCall): readonly string[] {
  return Object.entries(providerOptions).flatMap(([key, given]) =>
    Object.entries(given).flatMap(([name, value]) =>
      isCostly(name, value) ? [`providerOptions.${key}.${name}`] : [],
    ),
  );
}

/** The call without them. The same call where it has none. */
export function withoutCostlyTiers(call: ProviderCall): ProviderCall {
  const { providerOptions } = call;
  if (providerOptions === undefined || listCostlyTiers(call).length === 0) return call;
  const kept = Object.entries(providerOptions).map(([key, given]) => [
    key,
    Object.fromEntries(Object.entries(given).filter(([name, value]) => !isCostly(name, value))),
  ]);
  return { ...call, providerOptions: Object.fromEntries(kept) };
}
