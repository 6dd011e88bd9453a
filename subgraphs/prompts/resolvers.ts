import type { Connection } from 'mongoose';
import { readAccess } from '#core/access.ts';
import { badInput } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { type PromptRecord, promptName } from '#mongo/prompts.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { CompleteResolvers } from '../runtime/complete-resolvers.ts';
import { readNow } from '../runtime/context.ts';
import { loadReferred } from '../runtime/loaders.ts';
import { archivePrompt } from './archive-prompt.ts';
import { copyPrompt } from './copy-prompt.ts';
import { createPrompt } from './create-prompt.ts';
import type { PromptsContext, PromptsDeps } from './deps.ts';
import { explainPrompt, findByName } from './explain-prompt.ts';
import type { Resolvers } from './generated.ts';
import { listPrompts } from './list-prompts.ts';
import { restorePrompt } from './restore-prompt.ts';
import { readsTexts } from './sees-prompt.ts';
import { updatePrompt } from './update-prompt.ts';
import { findVersion } from './versions/find-version.ts';
import { isRunnable, requireSeen } from './versions/is-runnable.ts';
import { labelPromptVersion } from './versions/label-prompt-version.ts';
import { listLabels } from './versions/list-labels.ts';
import { listVersions } from './versions/list-versions.ts';
import { publishPromptVersion } from './versions/publish-prompt-version.ts';
import { removePromptLabel } from './versions/remove-prompt-label.ts';

const { DateTime, JSON: JSONScalar } = scalarResolvers;

/** Parents are the records as they are stored. */
export function promptsResolvers(deps: PromptsDeps): CompleteResolvers<Resolvers<PromptsContext>> {
  const { connection } = deps;
  return {
    DateTime,
    JSON: JSONScalar,
    Query: {
      prompts: (_, args, { caller }) => listPrompts(args, caller, connection),
      prompt: (_, { id, name }, context) => findPrompt(id ?? null, name ?? null, context, connection),
      explainPrompt: (_, { name }, context) => explainPrompt(name, context, connection),
    },
    Mutation: {
      createPrompt: (_, { input }, context) => createPrompt(input, context, deps),
      updatePrompt: (_, { id, input }, context) => updatePrompt(id, input, context, deps),
      copyPrompt: (_, args, context) => copyPrompt(args, context, deps),
      archivePrompt: (_, { id }, context) => archivePrompt(id, context, deps),
      restorePrompt: (_, { id }, context) => restorePrompt(id, context, deps),
      publishPromptVersion: (_, { promptId, input }, context) =>
        publishPromptVersion(promptId, input, context, deps),
      labelPromptVersion: (_, { promptId, label, number }, context) =>
        labelPromptVersion(promptId, label, number, context, deps),
      removePromptLabel: (_, { promptId, label }, context) =>
        removePromptLabel(promptId, label, context, deps),
    },
    Prompt: {
      __resolveReference: ({ id }, { loaders }) => loaders.prompt.load(id),
      id: ({ _id }) => _id,
      name: promptName,
      requiresApproval: ({ requiresApproval }) => requiresApproval ?? false,
      access: (prompt, _, { caller }) => {
        const { tenantId: ownerId, requiresApproval = false } = prompt;
        const target = { resource: promptName(prompt), requiresApproval, ownerId };
        return readAccess(caller, target, readNow(deps).getTime());
      },
      owner: ({ tenantId }) => (tenantId === null ? null : { id: tenantId }),
      tenant: ({ tenantId }, _, { caller }) => ({ id: tenantId ?? ownTenantId(caller) }),
      offeredTo: ({ offeredTo }) => offeredTo ?? null,
      versions: ({ _id, newest }, args, { loaders }) => listVersions(_id, newest, args, loaders),
      version: (prompt, args, context) => findVersion(prompt, args, context, deps),
      labels: (prompt, _, context) => listLabels(prompt, context, deps),
    },
    PromptLabel: {
      version: ({ promptId, number }, _, { loaders }) =>
        loadReferred(loaders.numberedVersion, { promptId, number }),
    },
    PromptVersion: {
      __resolveReference: ({ id }, { loaders }) => loaders.version.load(id),
      id: ({ _id }) => _id,
      prompt: ({ promptId }, _, { loaders }) => loadReferred(loaders.prompt, promptId),
      system: (version, _, { caller }) => (readsTexts(version, caller) ? version.system : null),
      template: (version, _, { caller }) => (readsTexts(version, caller) ? version.template : ''),
      note: (version, _, { caller }) => (readsTexts(version, caller) ? version.note : null),
      createdBy: (version, _, { caller }) => (readsTexts(version, caller) ? version.createdBy : ''),
      createdByIssuerId: (version, _, { caller }) =>
        readsTexts(version, caller) ? (version.createdByIssuerId ?? null) : null,
      structured: ({ outputSchemaJson }) => outputSchemaJson?.startsWith('{') === true,
      runnable: (version, _, context) => isRunnable(version, context, deps),
      variables: async (version, _, context) => {
        await requireSeen(version, context, deps);
        return version.variables;
      },
      outputSchema: async (version, _, context) => {
        await requireSeen(version, context, deps);
        return version.outputSchemaJson === null ? null : JSON.parse(version.outputSchemaJson);
      },
    },
  };
}

async function findPrompt(
  id: string | null,
  name: string | null,
  context: PromptsContext,
  connection: Connection,
): Promise<PromptRecord | null> {
  if ((id === null) === (name === null)) badInput('id', 'or name must be set, and not both.');
  if (id !== null) return context.loaders.prompt.load(id);
  const [found] = await findByName(name ?? '', context, connection);
  return found ?? null;
}
