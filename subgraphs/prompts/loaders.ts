import DataLoader from 'dataloader';
import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { OneAtATime } from '#core/one-at-a-time.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type PromptVersionRecord, promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';
import { seesPrompt } from './sees-prompt.ts';
import { countTextBytes } from './versions/text-bytes.ts';
import type { VersionRange } from './versions/version-page.ts';

interface NumberedVersion {
  readonly promptId: string;
  readonly number: number;
}

/** A label and the version that it points at. */
export interface LabelledVersion extends NumberedVersion {
  readonly name: string;
}

export interface PromptsLoaders {
  readonly prompt: DataLoader<string, PromptRecord | null>;
  readonly version: DataLoader<string, PromptVersionRecord | null>;
  readonly numberedVersion: DataLoader<NumberedVersion, PromptVersionRecord | null, string>;
  /** A page of the versions of a prompt, the newest first. */
  readonly versionRange: DataLoader<VersionRange, readonly PromptVersionRecord[], string>;
}

const batchMax = 200;

/** Bytes of the texts of versions that one operation may read: what its answer may hold. */
const textBytesMax = 16 * 1024 * 1024;

/** Prompts and versions that the caller may see. Several versions are read for one operation of a tenant at a time. */
export function createPromptsLoaders(
  connection: Connection,
  { caller }: Pick<SubgraphContext, 'caller'>,
  reads: OneAtATime,
): PromptsLoaders {
  const versions = promptVersions(connection);
  const prompt = recordLoader(
    (ids) =>
      prompts(connection)
        .find({ _id: { $in: ids } })
        .lean(),
    ({ _id }) => _id,
    (found) => seesPrompt(found, caller),
  );
  let textBytes = 0;

  /** Of tenants by their tenant; of the mesh as their prompts. */
  async function filterVisible(found: readonly PromptVersionRecord[]): Promise<PromptVersionRecord[]> {
    const areSeen = await Promise.all(
      found.map(async ({ tenantId, promptId }) =>
        tenantId === null ? (await prompt.load(promptId)) !== null : seesTenant(caller, tenantId),
      ),
    );
    return found.filter((_, index) => areSeen[index]);
  }

  /** Throws GRAPH_COST_EXCEEDED as soon as the operation has read too much. */
  async function read(filter: Readonly<Record<string, unknown>>): Promise<PromptVersionRecord[]> {
    const found: PromptVersionRecord[] = [];
    for await (const version of versions.find(filter).lean().cursor()) {
      textBytes += countTextBytes(version);
      if (textBytes > textBytesMax) throw tooManyBytes();
      found.push(version);
    }
    return found;
  }
  const readMany = (filter: Readonly<Record<string, unknown>>) =>
    reads.run(caller.tenantId ?? '', () => read(filter));

  async function byRange(wanted: readonly VersionRange[]): Promise<PromptVersionRecord[][]> {
    const found = await readMany({
      $or: wanted.map(({ promptId, from, to }) => ({ promptId, number: { $gte: from, $lte: to } })),
    });
    const visibleOnes = (await filterVisible(found)).sort((a, b) => b.number - a.number);
    return wanted.map(({ promptId, from, to }) =>
      visibleOnes.filter(
        (version) => version.promptId === promptId && version.number >= from && version.number <= to,
      ),
    );
  }

  return {
    prompt,
    version: recordLoader(
      async (ids) => filterVisible(await readMany({ _id: { $in: ids } })),
      (version) => version._id,
    ),
    numberedVersion: new DataLoader(
      async (keys: readonly NumberedVersion[]) => {
        const found = await byRange(
          keys.map(({ promptId, number }) => ({ promptId, from: number, to: number })),
        );
        return found.map(([version]) => version ?? null);
      },
      { maxBatchSize: batchMax, cacheKeyFn: ({ promptId, number }) => `${promptId} ${number}` },
    ),
    versionRange: new DataLoader(byRange, {
      maxBatchSize: batchMax,
      cacheKeyFn: ({ promptId, from, to }) => `${promptId} ${from} ${to}`,
    }),
  };
}

function tooManyBytes(): HeddleError {
  return new HeddleError(
    'GRAPH_COST_EXCEEDED',
    `The prompt versions that this operation reads have more than ${textBytesMax} bytes of texts: request fewer at once.`,
  );
}
