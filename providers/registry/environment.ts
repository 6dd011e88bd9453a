import { ProviderKind } from '#core/graph-enums.generated.ts';
import type { VendorFacts } from '../vendor.ts';
import { vendors } from './vendors.generated.ts';

/** Every kind of provider there is. */
export const providerKinds = Object.values(ProviderKind);

/** A provider that the environment requests. */
export interface EnvironmentProvider {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly secret: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

function firstSet(names: readonly string[] | undefined, environment: Environment): string | null {
  for (const name of names ?? []) {
    const value = environment[name]?.trim();
    if (value) return value;
  }
  return null;
}

function firstSecret(vendor: VendorFacts, environment: Environment): string | null {
  for (const names of vendor.environment.secret ?? []) {
    const values = names.map((name) => environment[name]?.trim() ?? '');
    const demanded = values.slice(0, 2);
    if (demanded.every(Boolean)) return values.filter(Boolean).join(':');
  }
  return null;
}

/** The base URL that a variable sets, or the account that one names. */
function firstBaseUrl({ environment: names, accountUrl }: VendorFacts, environment: Environment) {
  const account = firstSet(names.account, environment);
  const url = firstSet(names.baseUrl, environment);
  if (url !== null || account === null || accountUrl === undefined) return url;
  return accountUrl.replace('{account}', encodeURIComponent(account));
}

/**
 * The providers that have their variables set, in the table's order: all that `requires` names, and at least a secret
 * or a base URL. A vendor without a required region (AWS_REGION, …) is left out.
 */
export function readEnvironmentProviders(environment: Environment): readonly EnvironmentProvider[] {
  return providerKinds.flatMap((kind) => {
    const vendor = vendors[kind];
    const secret = firstSecret(vendor, environment);
    const baseUrl = firstBaseUrl(vendor, environment);
    const region = firstSet(vendor.environment.region, environment);
    const given = { secret, baseUrl, region };
    const complete = vendor.requires.every((need) => given[need] !== null);
    if (!complete || (secret === null && baseUrl === null)) return [];
    return [{ id: vendor.id, kind, baseUrl, region, secret }];
  });
}

/** Every variable that `readEnvironmentProviders` reads. */
export const providerVariables: readonly string[] = [
  ...new Set(
    Object.values(vendors).flatMap(({ environment }) => [
      ...(environment.secret ?? []).flat(),
      ...(environment.baseUrl ?? []),
      ...(environment.region ?? []),
      ...(environment.account ?? []),
    ]),
  ),
];
