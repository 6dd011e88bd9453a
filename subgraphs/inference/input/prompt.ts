import { LRUCache } from 'lru-cache';
import type { CatalogPromptVersion } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { type PromptTemplate, parsePromptTemplate } from '#core/prompt-template.ts';
import type { CallOrigin } from '#inference/call-labels.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { CompletionRequest } from '#inference/request.ts';
import type { ProviderMessage } from '#providers/provider.ts';
import type { RunPromptInput } from '../generated.ts';
import { findPromptVersion } from './find-prompt-version.ts';
import { completeRequest } from './parse-input.ts';

const templatesMax = 1_000;
const variablesBytesMax = 512 * 1024;

/** Versions never change, so a template is parsed once. */
const templates = new LRUCache<string, PromptTemplate>({ max: templatesMax });

function compileTemplate(version: CatalogPromptVersion): PromptTemplate {
  let template = templates.get(version.id);
  if (template === undefined) {
    template = parsePromptTemplate(version.system, version.template);
    templates.set(version.id, template);
  }
  return template;
}

/**
 * The request that a prompt and its variables make: the filled system text as instructions, the filled template as the
 * user's message. Values stay inside their message, whatever they hold. Throws NOT_FOUND, and BAD_USER_INPUT naming
 * the variables that are missing or unknown.
 */
export async function promptRequest(
  input: RunPromptInput,
  caller: Caller,
  origin: CallOrigin,
  deps: Pick<InferenceEngine, 'catalog' | 'now' | 'refused'>,
): Promise<CompletionRequest> {
  const call = { action: 'completion.call', name: null, caller, origin } as const;
  const version = await deps.refused.watch(call, () => findPromptVersion(input, caller, deps));
  const { system, text } = compileTemplate(version).render(parseVariables(input.variables));
  const messages: readonly ProviderMessage[] = [
    ...(system === null ? [] : [{ role: 'system', content: system.text } as const]),
    { role: 'user', parts: [{ type: 'text', text: text.text }] },
  ];
  const { cache, cacheScope, onDisconnect, idempotencyKey, retention } = input;
  const { endUserId, conversationId, tags } = input;
  const schema = version.outputSchema;
  return completeRequest(
    {
      ...version.parameters,
      model: version.model,
      // The schemas `true` and `false` contain nothing that a provider could use.
      responseSchema: typeof schema === 'object' ? schema : null,
      cache: cache ?? null,
      cacheScope: cacheScope ?? null,
      onDisconnect: onDisconnect ?? null,
      idempotencyKey: idempotencyKey ?? null,
      endUserId: endUserId ?? null,
      conversationId: conversationId ?? null,
      tags: tags ?? null,
      retention: retention ?? null,
    },
    messages,
    origin,
    {
      promptId: version.promptId,
      promptVersionId: version.id,
      prompt: { name: version.name, number: version.number },
      ...(version.tenantId === null ? { ofMesh: { system: system?.values ?? [], user: text.values } } : {}),
    },
  );
}

function parseVariables(variables: unknown): Readonly<Record<string, unknown>> {
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) {
    throw new HeddleError('BAD_USER_INPUT', 'variables must be a JSON object: a value for each variable.');
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > variablesBytesMax) {
    throw new HeddleError('BAD_USER_INPUT', `variables may have at most ${variablesBytesMax} bytes.`);
  }
  return variables as Readonly<Record<string, unknown>>;
}
