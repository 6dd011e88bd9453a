import { hash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { readVersion } from '#core/read-version.ts';
import { type EventLog, events } from '#mongo/events.ts';
import { readSupergraph } from '#schema/compose.ts';

const type = 'schema.published';

/**
 * Publishes the schema of this process where it is another one than that which was published last: once, also where several processes start
 * together. Again where the last one is no longer retained.
 */
export async function reportSchema(
  connection: Connection,
  log: Pick<EventLog, 'record'>,
  supergraph = readSupergraph(),
): Promise<void> {
  if (supergraph === undefined) return;
  const sha256 = hash('sha256', supergraph, 'hex');
  const last = await events(connection)
    .findOne({ type, sequence: { $gt: 0 } }, { subject: 1, sequence: 1 })
    .sort({ sequence: -1 })
    .lean();
  if (last?.subject === sha256) return;
  const event = { type, tenantId: null, subject: sha256, data: { version: await readVersion() } } as const;
  await log.record(event, `${type}:${sha256}:${last?.sequence ?? 0}`);
}
