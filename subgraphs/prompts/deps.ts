import type { Connection } from 'mongoose';
import type { Catalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import { matchesLists } from '#core/name-patterns.ts';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { PromptVersionRecord } from '#mongo/prompt-versions.ts';
import { type PromptRecord, promptName, prompts } from '#mongo/prompts.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import type { SubgraphServices } from '../runtime/subgraph.ts';
import type { PromptsLoaders } from './loaders.ts';
import { isOperator, seesPrompt } from './sees-prompt.ts';

/** Dependencies of the prompts subgraph. */
export interface PromptsSubgraphDeps extends SubgraphServices {
  readonly connection: Connection;
  /** Reports whether a version's model or route exists, which an alias of the tenant stands for, and which prompt a name means. */
  readonly catalog: Pick<Catalog, 'resolve' | 'resolveName' | 'snapshot' | 'promptRuns'>;
  /** Gets the queue of the thread that checks JSON Schemas, for metrics. */
  readonly queues?: QueueObserver | undefined;
  readonly now?: () => number;
}

/** The same, and what the subgraph makes for itself. */
export interface PromptsDeps extends PromptsSubgraphDeps {
  readonly jsonSchemas: JsonSchemas;
}

export type PromptsContext = SubgraphContext<PromptsLoaders>;

/** The author of a version, as it names them: a user's subject with its issuer, or key:<id>. */
export function readAuthor({
  caller: { subject, issuerId, keyId },
}: PromptsContext): Pick<PromptVersionRecord, 'createdBy' | 'createdByIssuerId'> {
  return {
    createdBy: subject ?? `key:${keyId ?? ''}`,
    ...(subject === null || issuerId === undefined ? {} : { createdByIssuerId: issuerId }),
  };
}

/** A prompt that the caller may see; otherwise NOT_FOUND. */
async function visiblePrompt(
  id: string,
  { caller }: PromptsContext,
  { connection }: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await prompts(connection).findById(id).lean();
  if (prompt === null || !seesPrompt(prompt, caller)) return notFound('prompt', id);
  return prompt;
}

/** A prompt that the caller may change, archived or not: NOT_FOUND for one that it may not see, FORBIDDEN for one of the mesh without tenants:admin. */
export async function changeablePrompt(
  id: string,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await visiblePrompt(id, context, deps);
  if (prompt.tenantId === null && !isOperator(context.caller)) {
    const named = JSON.stringify(promptName(prompt));
    throw new HeddleError(
      'FORBIDDEN',
      `The prompt ${named} belongs to the mesh: changing or copying it requires the scope tenants:admin.`,
    );
  }
  return prompt;
}

/**
 * A prompt that the caller may see and write: NOT_FOUND without it, FORBIDDEN where its key is restricted to other names, and for one of the mesh,
 * CONFLICT for one that is archived, or whose tenant is.
 */
export async function writablePrompt(
  id: string,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await changeablePrompt(id, context, deps);
  requireWritable(prompt, context.caller);
  await requireLiveTenant(prompt, context, deps);
  return prompt;
}

/** FORBIDDEN and CONFLICT as `writablePrompt` has them. */
export function requireWritable(prompt: PromptRecord, caller: Caller): void {
  requireWritableName(promptName(prompt), caller);
  if (prompt.archivedAt == null) return;
  throw new HeddleError(
    'CONFLICT',
    `The prompt ${JSON.stringify(promptName(prompt))} is archived: restore it first.`,
  );
}

/** FORBIDDEN for a name that the caller may not run: a restricted key neither changes such a prompt nor uses the name. */
export function requireWritableName(name: string, { promptLists }: Caller): void {
  if (matchesLists(promptLists, name)) return;
  throw new HeddleError(
    'FORBIDDEN',
    `This API key may not change the prompt ${JSON.stringify(name)}; see \`prompts\` of the key and its app.`,
  );
}

/**
 * The owner of a new prompt: the tenant that is named, otherwise with tenants:admin the mesh, null, and without it the caller's own tenant. NOT_FOUND
 * for a tenant that it may not see, CONFLICT for an archived one.
 */
export async function choosePromptOwner(
  tenantId: string | null | undefined,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<string | null> {
  if (tenantId != null) return targetTenantId(tenantId, context, deps);
  return isOperator(context.caller) ? null : ownTenantId(context.caller);
}

/** The tenant to put a prompt in: the caller's own; with tenants:admin any. NOT_FOUND for one that it may not see, CONFLICT for an archived one. */
export async function targetTenantId(
  tenantId: string,
  { caller }: PromptsContext,
  { connection }: PromptsDeps,
): Promise<string> {
  if (tenantId === caller.tenantId) return tenantId;
  const [found] = isOperator(caller) ? await findNodeRecords(connection, 'Tenant', [tenantId]) : [];
  if (found === undefined) return notFound('tenant', tenantId);
  if (found.archivedAt !== null) throw tenantArchived(tenantId);
  return tenantId;
}

/** CONFLICT for what belongs to an archived tenant. Keys of that tenant are refused before. */
export async function requireLiveTenant(
  { tenantId }: Pick<PromptRecord, 'tenantId'>,
  { caller }: PromptsContext,
  { connection }: PromptsDeps,
): Promise<void> {
  if (tenantId === null || tenantId === caller.tenantId) return;
  const [found] = await findNodeRecords(connection, 'Tenant', [tenantId]);
  if (found !== undefined && found.archivedAt !== null) throw tenantArchived(tenantId);
}

function tenantArchived(tenantId: string): HeddleError {
  return new HeddleError('CONFLICT', `The tenant ${JSON.stringify(tenantId)} is archived: restore it first.`);
}

/** Records what became of a prompt under the name that it is shown with. */
export function auditPrompt(context: PromptsContext, after: PromptRecord, before?: PromptRecord): void {
  const shown = (prompt: PromptRecord) => ({ ...prompt, name: promptName(prompt) });
  context.audit({
    tenantId: after.tenantId,
    type: 'Prompt',
    id: after._id,
    ...(before === undefined ? {} : { before: shown(before) }),
    after: shown(after),
  });
}

/** Makes every process forget which versions there are and what labels point at. */
export async function promptsChanged({ bus }: Pick<PromptsDeps, 'bus'>): Promise<void> {
  await bus.publish('catalog.changed', { collection: 'prompts' });
}
