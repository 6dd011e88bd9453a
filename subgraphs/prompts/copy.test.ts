import { describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { hasRedis } from '#test/support/processes/redis.ts';
import {
  archivesAdmin as admin,
  archive,
  copy,
  input,
  listPromptNames as listed,
  archivesMesh as mesh,
  publish,
  useArchivedPrompts,
} from '#test/support/setups/archived-prompts.ts';
import { askForData } from '#test/support/subgraph.ts';

useArchivedPrompts();

it('versions name the issuer of the person that published them, and copies that of who copied', async () => {
  const writer = await mesh.newWriter();
  const person = { ...writer, kind: 'USER', keyId: null, subject: 'ada', issuerId: 'partner' } as const;
  const id = await mesh.add(person, 'ofAda', {});
  const read = async (promptId: string) =>
    (
      await askForData<{ prompt: { version: object } }>(
        mesh.subgraph,
        writer,
        'query ($id: ID!) { prompt(id: $id) { version { createdBy createdByIssuerId } } }',
        { id: promptId },
      )
    ).prompt.version;
  expect(await read(id)).toEqual({ createdBy: 'ada', createdByIssuerId: 'partner' });
  const copied = async (caller: typeof writer, name: string) =>
    (await askForData<{ copyPrompt: { id: string } }>(mesh.subgraph, caller, copy, { id, name })).copyPrompt
      .id;
  expect(await read(await copied({ ...writer, keyId: 'k' }, 'ofKey'))).toEqual({
    ...{ createdBy: 'key:k', createdByIssuerId: null },
  });
  expect(await read(await copied({ ...person, issuerId: 'first' }, 'ofAnother'))).toEqual({
    ...{ createdBy: 'ada', createdByIssuerId: 'first' },
  });
});

describe('copyPrompt', () => {
  it('copies the newest and the labelled versions, numbered anew, and shares nothing with the prompt', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'source', { description: 'What for.' });
    for (const [template, label] of [
      ['two', null],
      ['three', 'beta'],
      ['four', null],
      ['five', null],
    ]) {
      const version = { ...input, template, label, note: `note ${template}` };
      await askForData(mesh.subgraph, writer, publish, { id, input: version });
    }
    const author = { ...writer, keyId: 'copier' };
    const { copyPrompt } = await askForData<{ copyPrompt: { id: string } }>(mesh.subgraph, author, copy, {
      id,
      name: 'copied',
    });
    const node = (number: number, template: string, note: string | null) => ({
      node: { number, template, note, createdBy: 'key:copier' },
    });
    expect(copyPrompt).toEqual({
      id: expect.not.stringContaining(id),
      name: 'copied',
      description: 'What for.',
      tenant: { id: writer.tenantId },
      archivedAt: null,
      labels: [
        { name: 'beta', version: { number: 2, template: 'three' } },
        { name: 'production', version: { number: 1, template: 'of source' } },
      ],
      versions: {
        edges: [node(3, 'five', 'note five'), node(2, 'three', 'note three'), node(1, 'of source', null)],
      },
    });
    expect(await mesh.runs(writer, 'copied')).toMatchObject({
      promptId: copyPrompt.id,
      template: 'of source',
    });
    await askForData(mesh.subgraph, writer, publish, {
      id: copyPrompt.id,
      input: { ...input, label: 'production' },
    });
    expect(await mesh.runs(writer, 'copied')).toMatchObject({ number: 4 });
    expect(await mesh.runs(writer, 'source')).toMatchObject({ number: 1 });
    await askForData(mesh.subgraph, writer, archive, { id });
    expect(await mesh.runs(writer, 'copied')).toMatchObject({ number: 4 });
  });

  it('copies a prompt without versions, and leaves nothing behind where the name is taken', async () => {
    const writer = await mesh.newWriter();
    const { createPrompt } = await askForData<{ createPrompt: { id: string } }>(
      mesh.subgraph,
      writer,
      'mutation { createPrompt(input: { name: "bare" }) { id } }',
    );
    expect(
      await askForData(mesh.subgraph, writer, copy, { id: createPrompt.id, name: 'bare2' }),
    ).toMatchObject({
      copyPrompt: { name: 'bare2', labels: [], versions: { edges: [] } },
    });
    const id = await mesh.add(writer, 'full');
    await askForData(mesh.subgraph, writer, archive, { id: createPrompt.id });
    const { tenantId } = writer;
    const before = await promptVersions(mesh.database.connection).countDocuments({ tenantId });
    expect(await mesh.refusal(writer, copy, { id })).toMatch(/^CONFLICT: .*"full"/);
    expect(await promptVersions(mesh.database.connection).countDocuments({ tenantId })).toBe(before);
  });

  it('goes to another tenant with tenants:admin alone, and reads from one', async () => {
    const [mine, theirs] = [await mesh.newWriter(), await mesh.newWriter()];
    const id = await mesh.add(mine, 'moved');
    const { tenantId } = theirs;
    expect(await mesh.refusal(mine, copy, { id, tenantId })).toBe(
      `NOT_FOUND: There is no tenant "${tenantId}".`,
    );
    expect(await mesh.refusal(theirs, copy, { id, tenantId })).toMatch(/^NOT_FOUND: There is no prompt/);
    expect(await mesh.refusal(admin, copy, { id, tenantId: 'none' })).toBe(
      'NOT_FOUND: There is no tenant "none".',
    );
    expect(await askForData(mesh.subgraph, admin, copy, { id, tenantId })).toMatchObject({
      copyPrompt: { name: 'moved', tenant: { id: tenantId } },
    });
    expect(await mesh.runs(theirs, 'moved')).toMatchObject({ template: 'of moved', tenantId });
    expect(await askForData(mesh.subgraph, admin, copy, { id, name: 'again' })).toMatchObject({
      copyPrompt: { tenant: { id: mine.tenantId } },
    });
    expect(await listed(mine)).toEqual(['again', 'moved']);
    expect(
      await auditLog(mesh.database.connection)
        .find({ action: 'prompt.copy', tenantId, outcome: 'SUCCEEDED' })
        .lean(),
    ).toMatchObject([{ targetType: 'Prompt', actor: { keyId: 'root-key' } }]);
  });
});

describe('createPrompt with tenantId', () => {
  it('makes it in that tenant for tenants:admin, and answers NOT_FOUND to others', async () => {
    const [mine, theirs] = [await mesh.newWriter(), await mesh.newWriter()];
    const { tenantId } = theirs;
    await mesh.add(admin, 'prepared', { tenantId });
    expect(await mesh.runs(theirs, 'prepared')).toMatchObject({ tenantId });
    await mesh.add(mine, 'own', { tenantId: mine.tenantId });
    const create = 'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }';
    for (const [caller, wanted] of [
      [mine, tenantId],
      [mine, 'none'],
      [admin, 'none'],
    ] as const) {
      expect(await mesh.refusal(caller, create, { input: { name: 'denied', tenantId: wanted } })).toBe(
        `NOT_FOUND: There is no tenant "${wanted}".`,
      );
    }
    expect(await listed(theirs)).toEqual(['prepared']);
  });
});

if (!hasRedis()) console.warn('Left out: prompts in many processes. There is no redis-server on the PATH.');
