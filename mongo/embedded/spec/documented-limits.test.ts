import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { STAGE_BYTES_MAX } from '../aggregate/pipeline.ts';
import { MAX_DEPTH } from '../bson/decode.ts';
import { INDEXES_MAX } from '../commands/admin/index-commands.ts';
import { KEY_PARTS_MAX } from '../commands/admin/index-options.ts';
import { CURSORS_MAX, IDLE_MS_MAX } from '../commands/read/cursors.ts';
import { ALL_SORTS_BYTES_MAX, SORT_BYTES_MAX } from '../commands/read/selection.ts';
import { STORED_DEPTH_MAX } from '../commands/write/storable.ts';
import { DEPTH_MAX } from '../query/parse.ts';
import { SPILL_BYTES_MAX } from '../spill/spill-space.ts';
import { OPEN_TRANSACTIONS_MAX, SESSION_TIMEOUT_MINUTES, SESSIONS_MAX } from '../transactions/sessions.ts';
import { LIFETIME_MS, SNAPSHOTS_MAX } from '../transactions/snapshot-reads.ts';
import { ALL_TRANSACTIONS_BYTES_MAX, TRANSACTION_BYTES_MAX } from '../transactions/transaction-writes.ts';
import { READ_AHEAD_BYTES, UNREAD_ANSWER_BYTES } from '../wire/connection.ts';
import { DOCUMENT_BYTES_MAX, MESSAGE_BYTES_MAX, WRITE_BATCH_MAX } from '../wire/limits.ts';
import { CONNECTIONS_MAX } from '../wire/server.ts';

const n = (value: number): string => value.toLocaleString('en');
const mb = (bytes: number): string => `${bytes / 1024 ** 2} MB`;

it('docs/embedded-store.md states the limits that the code keeps', () => {
  const page = readFileSync(new URL('../../../docs/embedded-store.md', import.meta.url), 'utf8');
  const limits = page.slice(page.indexOf('### Limits'), page.indexOf('\n## What shows it'));
  expect(STAGE_BYTES_MAX).toBe(SORT_BYTES_MAX);
  for (const stated of [
    `| a message | ${MESSAGE_BYTES_MAX / 1e6} MB, ${n(WRITE_BATCH_MAX)} writes |`,
    `| a document | ${mb(DOCUMENT_BYTES_MAX)}, ${STORED_DEPTH_MAX} levels; a filter ${DEPTH_MAX} levels, a message ${MAX_DEPTH} |`,
    `| a collection | ${INDEXES_MAX} indexes, of ${KEY_PARTS_MAX} fields each |`,
    `| connections | ${n(CONNECTIONS_MAX)} at once |`,
    `| cursors | ${n(CURSORS_MAX)} at once (the longest idle is closed), idle for ${IDLE_MS_MAX / 60_000} minutes |`,
    `| sessions | ${n(SESSIONS_MAX)} at once, idle for ${SESSION_TIMEOUT_MINUTES} minutes |`,
    `| transactions | ${OPEN_TRANSACTIONS_MAX} at once, 60 s, uncommitted documents of ${mb(TRANSACTION_BYTES_MAX)} (${mb(ALL_TRANSACTIONS_BYTES_MAX)} all together) |`,
    `| snapshots outside transactions | ${SNAPSHOTS_MAX} at once, ${LIFETIME_MS / 1000} s |`,
    `| a sort, a \`$group\` in memory | ${mb(SORT_BYTES_MAX)}, all sorts together ${mb(ALL_SORTS_BYTES_MAX)}; what is beyond goes to nameless files in the data directory, ${SPILL_BYTES_MAX / 1024 ** 3} GB all together (14031 beyond) |`,
    `bounded (${mb(UNREAD_ANSWER_BYTES)}, ${mb(READ_AHEAD_BYTES)})`,
  ]) {
    expect(limits).toContain(stated);
  }
});
