import type { Connection } from 'mongoose';
import type { Egress } from '#core/egress.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, isDuplicateKey } from '#core/input.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { openCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, type ProviderRecord, providers } from '#mongo/providers.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { type EnvironmentProvider, readEnvironmentProviders } from '#providers/registry/environment.ts';
import { missingAddressForm } from '#providers/registry/own-address.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import type { Bus } from '#state/bus/bus.ts';
import { checkedRegion } from '../../runtime/checked-input.ts';
import { type AuditLog, auditedStart } from '../../runtime/policy/audited-start.ts';
import { catalogChanged, readNow } from '../deps.ts';
import { checkedBaseUrl } from '../inputs.ts';
import { currentModels } from '../models/price-catalog.ts';
import { registerModels } from '../models/register-models.ts';
import { settleCatalog } from '../settle-catalog.ts';
import { credentialRecord } from './credentials.ts';

export interface RegisterDeps {
  readonly bus: Bus;
  readonly secrets: OwnerBoxes;
  readonly egress?: Egress;
  readonly now?: () => number;
  /** Where what a start changes is recorded. */
  readonly audit?: AuditLog;
}

const demo: EnvironmentProvider = {
  id: vendors.DEMO.id,
  kind: 'DEMO',
  baseUrl: null,
  region: null,
  secret: null,
};

/**
 * At start: the demo provider, and every provider with its variables set (vendor.ts of each vendor). A provider
 * that is new comes with its vendor's present models; of one that is there already only the address and region that
 * the environment names and the credential `environment` follow the environment, and everything else stays as an
 * admin left it. Several processes may do this at once. Answers the ids of all these providers. A variable that
 * holds no URL is BAD_USER_INPUT, which names the provider.
 */
export async function registerEnvironmentProviders(
  connection: Connection,
  env: Readonly<Record<string, string | undefined>>,
  deps: RegisterDeps,
): Promise<readonly string[]> {
  const wanted = [demo, ...readEnvironmentProviders(env)].map((provider) => ({
    ...provider,
    baseUrl: provider.baseUrl === null ? null : checkedAddress(provider, provider.baseUrl, deps),
    region: provider.region === null ? null : checkedRegion(provider.region, `The region of ${provider.id}`),
  }));
  const ids = wanted.map(({ id }) => id);
  const [records, credentials] = await Promise.all([
    providers(connection)
      .find({ _id: { $in: ids } })
      .lean(),
    providerCredentials(connection)
      .find({ _id: { $in: ids.map(credentialId) } })
      .lean(),
  ]);
  if (records.some(({ incomplete }) => incomplete !== undefined)) {
    // A process was killed while it created or deleted one of them: what is left goes, and it is made anew.
    await settleCatalog(connection);
    return registerEnvironmentProviders(connection, env, deps);
  }
  const present = new Map(records.map((record) => [record._id, record]));
  const presentCredentials = new Map(credentials.map((credential) => [credential._id, credential]));

  let changed = false;
  for (const provider of wanted) {
    const record = present.get(provider.id);
    const followed =
      record === undefined
        ? await recorded('provider.register', provider, deps, () => register(connection, provider, deps))
        : await follow(connection, provider, record, deps);
    const sealed = await seal(
      connection,
      provider,
      record,
      presentCredentials.get(credentialId(provider.id)),
      deps,
    );
    changed = changed || followed || sealed;
  }
  if (changed) await catalogChanged({ ...deps, connection }, 'providers');
  return ids;
}

/** The base URL that the environment sets. @throws {HeddleError} BAD_USER_INPUT for one that reaches no API */
function checkedAddress({ id, kind }: EnvironmentProvider, baseUrl: string, deps: RegisterDeps): string {
  const field = `The base URL of ${id}`;
  const checked = checkedBaseUrl(baseUrl, field, deps.egress);
  const form = missingAddressForm(kind, checked);
  return form === null ? checked : badInput(field, `has the form ${form}.`);
}

/** A change that this start makes to a provider. */
function recorded(
  action: string,
  { id, kind, baseUrl, region }: EnvironmentProvider,
  { audit }: RegisterDeps,
  run: () => Promise<boolean>,
): Promise<boolean> {
  const after = { kind, baseUrl, region };
  return auditedStart(audit, { action, targetType: 'Provider', targetId: id, after }, run);
}

const credentialId = (providerId: string) => `environment-${providerId}`;

async function register(
  connection: Connection,
  { id, kind, baseUrl, region }: EnvironmentProvider,
  deps: RegisterDeps,
): Promise<boolean> {
  const now = readNow(deps);
  // Models first: a process that dies in between registers the rest at its next start.
  await registerModels(connection, { _id: id }, await currentModels(kind, now.getTime()), now);
  const record: ProviderRecord = {
    _id: id,
    kind,
    baseUrl,
    region,
    enabled: true,
    createdAt: now,
    updatedAt: now,
  };
  try {
    await providers(connection).create(record);
    await deletedProviders(connection).deleteOne({ _id: id });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  return true;
}

async function follow(
  connection: Connection,
  provider: EnvironmentProvider,
  record: ProviderRecord,
  deps: RegisterDeps,
): Promise<boolean> {
  const { id, baseUrl, region } = provider;
  const change = {
    ...(baseUrl === null || baseUrl === record.baseUrl ? {} : { baseUrl }),
    ...(region === null || region === record.region ? {} : { region }),
  };
  if (Object.keys(change).length === 0) return false;
  return recorded('provider.follow', provider, deps, async () => {
    await providers(connection).updateOne({ _id: id }, { $set: change });
    return true;
  });
}

/**
 * The key of the environment is sealed for the address that the environment means, never for one that an admin set for the
 * provider since: there it stays closed. One that is sealed for the present address already is left alone.
 */
async function seal(
  connection: Connection,
  provider: EnvironmentProvider,
  record: ProviderRecord | undefined,
  present: ProviderCredentialRecord | undefined,
  deps: RegisterDeps,
): Promise<boolean> {
  const { id, kind, secret } = provider;
  if (secret === null) return false;
  const own = { _id: id, kind, baseUrl: provider.baseUrl, region: provider.region };
  const used = {
    kind: record?.kind ?? kind,
    baseUrl: own.baseUrl ?? record?.baseUrl ?? null,
    region: own.region ?? record?.region ?? null,
  };
  for (const address of present === undefined ? [] : [used, own]) {
    if (await isSealedFor(address, secret, present as ProviderCredentialRecord, deps.secrets)) return false;
  }
  const credential = await sealOwn(own, secret, deps);
  if (credential === null) return false;
  const { _id, hint, sealed, destination, ...onInsert } = credential;
  return recorded('providerCredential.follow', provider, deps, async () => {
    await providerCredentials(connection).updateOne(
      { _id },
      { $set: { hint, sealed, destination }, $setOnInsert: onInsert },
      { upsert: true },
    );
    return true;
  });
}

/** Null where what is stored needs another root key than those at hand, which the start reports. */
async function sealOwn(
  provider: Parameters<typeof credentialRecord>[0]['provider'],
  secret: string,
  deps: RegisterDeps,
): Promise<ProviderCredentialRecord | null> {
  const { _id } = provider;
  const settings = { label: 'environment', weight: 1, createdAt: readNow(deps) };
  try {
    return await credentialRecord(
      { id: credentialId(_id), provider, secret, ...settings },
      `The key of ${_id}`,
      deps.secrets,
    );
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'CONFLICT') return null;
    throw error;
  }
}

async function isSealedFor(
  address: Parameters<typeof providerDestination>[0],
  secret: string,
  present: ProviderCredentialRecord,
  secrets: OwnerBoxes,
): Promise<boolean> {
  const opened = await openCredential(secrets, toSealedCredential(present), providerDestination(address));
  return opened.state === 'READY' && opened.secret === secret.trim();
}
