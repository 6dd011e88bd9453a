import { badInput } from '#core/input.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { PromptsDeps } from '../deps.ts';

/**
 * Is there an AI model or route of this name? To be called after the write that makes a version the current one: whoever
 * deletes the model or route meanwhile then finds that version, or it is found here to be gone.
 */
export async function hasModel(name: string, { connection }: PromptsDeps): Promise<boolean> {
  const type = name.includes('/') ? 'Model' : 'Route';
  return (await findNodeRecords(connection, type, [name])).length > 0;
}

/** BAD_USER_INPUT where the model or route that a new version calls was deleted meanwhile. */
export async function requireStoredModel(name: string, deps: PromptsDeps): Promise<void> {
  if (!(await hasModel(name, deps))) {
    badInput('input.model', `was deleted meanwhile: ${JSON.stringify(name)}.`);
  }
}
