/**
 * `heddle serve` whose groups of writes go nowhere: no row is kept of a call, neither before the provider is called nor after, nor of what
 * a stream has used so far. Everything else is as it is. A bench of what those rows cost: no variable and no request leads here.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Connection } from 'mongoose';
import { serve } from '#cli/commands/serve.ts';
import { type GroupChannel, useWriteChannel } from '#mongo/group-writes.ts';

const nowhere: GroupChannel = {
  waiting: 0,
  write: async (_db, commands) =>
    commands.map(({ documents }) => ({
      matched: documents.length,
      modified: documents.length,
      refused: [],
    })),
};
subscribe('heddle:database', (message) => {
  useWriteChannel((message as { readonly connection: Connection }).connection, nowhere);
});
process.exitCode = await serve([]);
