import DataLoader from 'dataloader';
import type { Connection } from 'mongoose';
import { seesTenant } from '#core/tenant-reach.ts';
import { type PromptVersionRecord, promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';
import type { VersionRange } from './version-page.ts';

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

/** Prompts and versions that the caller may see. */
export function createPromptsLoaders(
  connection: Connection,
  { caller }: Pick<SubgraphContext, 'caller'>,
): PromptsLoaders {
  const versions = promptVersions(connection);
  const visible = ({ tenantId }: { readonly tenantId: string }) => seesTenant(caller, tenantId);

  async function byRange(wanted: readonly VersionRange[]): Promise<PromptVersionRecord[][]> {
    const found = await versions
      .find({
        $or: wanted.map(({ promptId, from, to }) => ({ promptId, number: { $gte: from, $lte: to } })),
      })
      .lean();
    const visibleOnes = found.filter(visible).sort((a, b) => b.number - a.number);
    return wanted.map(({ promptId, from, to }) =>
      visibleOnes.filter(
        (version) => version.promptId === promptId && version.number >= from && version.number <= to,
      ),
    );
  }

  return {
    prompt: recordLoader(
      (ids) =>
        prompts(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (prompt) => prompt._id,
      visible,
    ),
    version: recordLoader(
      (ids) => versions.find({ _id: { $in: ids } }).lean(),
      (version) => version._id,
      visible,
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
