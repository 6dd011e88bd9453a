import type { Connection } from 'mongoose';
import type { Catalog } from '#mongo/catalog.ts';
import type { PromptRecord } from '#mongo/prompts.ts';
import { prompts } from '#mongo/prompts.ts';
import type { JsonSchemas } from '#schema/json-schema.ts';
import { type SubgraphContext, seesTenant } from '../shared/context.ts';
import { notFound } from '../shared/input.ts';
import type { SubgraphServices } from '../shared/subgraph.ts';
import type { PromptsLoaders } from './loaders.ts';

/** What the prompts subgraph is given. */
export interface PromptsSubgraphDeps extends SubgraphServices {
  readonly connection: Connection;
  /** Asked whether a version's model or route exists. */
  readonly catalog: Pick<Catalog, 'resolve' | 'snapshot'>;
  readonly now?: () => number;
}

/** The same, and what the subgraph makes for itself. */
export interface PromptsDeps extends PromptsSubgraphDeps {
  readonly jsonSchemas: JsonSchemas;
}

export type PromptsContext = SubgraphContext<PromptsLoaders>;

/** Who did something, as versions and records tell it: a user's subject, or key:<id>. */
export function authorOf({ caller }: PromptsContext): string {
  return caller.subject ?? `key:${caller.keyId ?? ''}`;
}

/** A prompt that the caller may see; otherwise NOT_FOUND. */
export async function visiblePrompt(
  id: string,
  { caller }: PromptsContext,
  { connection }: PromptsDeps,
): Promise<PromptRecord> {
  const prompt = await prompts(connection).findById(id).lean();
  if (prompt === null || !seesTenant(caller, prompt.tenantId)) return notFound('prompt', id);
  return prompt;
}

/** Tells every process to forget which versions there are and what labels point at. */
export async function promptsChanged({ bus }: PromptsDeps): Promise<void> {
  await bus.publish('catalog.changed', { collection: 'prompts' });
}
