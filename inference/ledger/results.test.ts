import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { nativeCollection } from './native-collection.ts';
import { createCompletionResults, resealCompletionResults } from './results.ts';

const log = pino({ level: 'silent' });
const former = randomBytes(32);
const payloads = createSecretBox(randomBytes(32), { previous: [former], purpose: 'payloads' });
const expiresAt = new Date(Date.now() + 60_000);

describe('kept results', () => {
  it('are read, and sealed anew, in every form that a version of Heddle has written', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const stored = nativeCollection<CompletionRecord>(connection, completions);
    const before = createSecretBox(former, { purpose: 'payloads' });
    await stored.insertMany([
      { _id: 'plain', content: '"plain"', expiresAt },
      { _id: 'text', sealed: before.seal('"text"', ['completions', 'text']), expiresAt },
      { _id: 'current', sealed: payloads.seal('"current"', ['completions', 'current']), expiresAt },
    ]);
    await createCompletionResults(connection, { payloads: before, log }).write([
      { _id: 'bytes', content: '"bytes"', expiresAt },
    ]);
    const results = createCompletionResults(connection, { payloads, log });
    await results.write([{ _id: 'newest', content: '"newest"', expiresAt }]);
    const ids = ['plain', 'text', 'current', 'bytes', 'newest'];
    const read = async () =>
      [...(await results.find(ids))].map(([id, { content }]) => [id, content]).toSorted();
    const expected = ids.map((id) => [id, `"${id}"`]).toSorted();
    expect(await read()).toEqual(expected);
    expect(await resealCompletionResults(connection, payloads)).toBe(3);
    expect(await resealCompletionResults(connection, payloads)).toBe(0);
    expect(await read()).toEqual(expected);
    expect(await stored.countDocuments({ content: { $exists: true } })).toBe(0);
  });
});
