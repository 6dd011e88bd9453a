import { notFound } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { firstAppId } from '../keys/first-start.ts';
import type { TenantsContext } from '../loaders.ts';

type Kind =
  | 'tenant'
  | 'team'
  | 'app'
  | 'apiKey'
  | 'member'
  | 'plan'
  | 'budget'
  | 'accessGrant'
  | 'invitation';
type RecordOf<K extends Kind> = NonNullable<Awaited<ReturnType<TenantsContext['loaders'][K]['load']>>>;

const words: Readonly<Record<Kind, string>> = {
  tenant: 'tenant',
  team: 'team',
  app: 'app',
  apiKey: 'API key',
  member: 'member',
  plan: 'plan',
  budget: 'budget',
  accessGrant: 'access request',
  invitation: 'invitation',
};

/** The record to change, read afresh; NOT_FOUND when there is none or it belongs to a tenant that the caller may not see. */
export async function visible<K extends Kind>(
  kind: K,
  id: string,
  { loaders }: TenantsContext,
): Promise<RecordOf<K>> {
  const storedId = kind === 'app' && id === 'default' ? await firstApp(loaders) : id;
  const record = await loaders[kind].clear(storedId).load(storedId);
  return (record as RecordOf<K> | null) ?? notFound(words[kind], id);
}

/** The tenant that an input means: the caller's own when it names none, NOT_FOUND for one that it may not see. */
export async function findTenantId(
  tenantId: string | null | undefined,
  context: TenantsContext,
): Promise<string> {
  const id = tenantId ?? ownTenantId(context.caller);
  return (await visible('tenant', id, context))._id;
}

/** The app of the first start, which older versions named like its tenant. */
async function firstApp({ app }: TenantsContext['loaders']): Promise<string> {
  return (await app.load('default')) === null ? firstAppId : 'default';
}
