import type { Connection } from 'mongoose';
import { promptVersions } from './prompt-versions.ts';
import { type PromptRecord, prompts } from './prompts.ts';

/** A prompt that calls an AI model or a route. */
export interface PromptUse {
  /** Null: of the mesh. */
  readonly tenantId: string | null;
  readonly name: string;
  /** The model id or route alias that it calls. */
  readonly model: string;
}

const batchMax = 500;

/**
 * The prompts that call one of the names (model ids, route aliases) without a number: by the newest version, or by one that a
 * label points at. A version that is being published counts. Archived prompts do not.
 */
export async function findPromptUses(
  connection: Connection,
  names: readonly string[],
): Promise<readonly PromptUse[]> {
  const uses: PromptUse[] = [];
  let after: string | undefined;
  for (;;) {
    const [batch] = await promptVersions(connection).aggregate<{ readonly promptIds: string[] }>([
      {
        $match: { model: { $in: [...names] }, ...(after === undefined ? {} : { promptId: { $gt: after } }) },
      },
      { $group: { _id: '$promptId' } },
      { $sort: { _id: 1 } },
      { $limit: batchMax },
      { $group: { _id: null, promptIds: { $push: '$_id' } } },
    ]);
    const promptIds = batch?.promptIds.toSorted() ?? [];
    if (promptIds.length === 0) return uses;
    uses.push(...(await findUses(connection, promptIds, names)));
    after = promptIds.at(-1);
  }
}

async function findUses(
  connection: Connection,
  promptIds: readonly string[],
  names: readonly string[],
): Promise<PromptUse[]> {
  const [versions, records] = await Promise.all([
    promptVersions(connection)
      .find(
        { model: { $in: [...names] }, promptId: { $in: [...promptIds] } },
        { promptId: 1, number: 1, model: 1 },
      )
      .lean(),
    prompts(connection)
      .find({ _id: { $in: [...promptIds] }, archivedAt: null })
      .sort({ _id: 1 })
      .lean(),
  ]);
  const byPrompt = Map.groupBy(versions, ({ promptId }) => promptId);
  return records.flatMap((prompt) => {
    const used = byPrompt.get(prompt._id)?.find(({ number }) => isCurrent(prompt, number));
    return used === undefined ? [] : [{ tenantId: prompt.tenantId, name: prompt.name, model: used.model }];
  });
}

/** One that is newer than the newest is being published. */
function isCurrent({ newest, labels }: PromptRecord, number: number): boolean {
  return number >= newest || Object.values(labels).includes(number);
}
