import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { events } from '#mongo/events.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testServices } from '#test/support/subgraph.ts';
import { reportSchema } from './report-schema.ts';

it('a schema is published by the first process that starts with it, again after another one', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const log = testServices(database).events;
  const start = (schema: string) => reportSchema(connection, log, schema);
  await Promise.all(['one', 'one', 'one'].map(start));
  for (const schema of ['one', 'two', 'two', 'one']) await start(schema);
  const found = await events(connection).find({ type: 'schema.published' }).sort({ sequence: 1 }).lean();
  expect(found).toMatchObject(
    ['one', 'two', 'one'].map((schema) => ({
      ...{ tenantId: null, subject: hash('sha256', schema, 'hex') },
      data: { version: expect.any(String) },
    })),
  );
});
