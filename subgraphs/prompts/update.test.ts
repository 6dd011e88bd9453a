import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { hasRedis } from '#test/support/processes/redis.ts';
import {
  archive,
  copy,
  input,
  listPromptNames as listed,
  archivesMesh as mesh,
  point,
  publish,
  restoreMutation as restore,
  unlabel,
  updateMutation as update,
  useArchivedPrompts,
} from '#test/support/setups/archived-prompts.ts';
import { ask, askForData, testServices } from '#test/support/subgraph.ts';
import { createPromptsSubgraph } from './subgraph.ts';

useArchivedPrompts();

const only = (caller: Caller, ...patterns: string[]): Caller => ({
  ...caller,
  promptLists: [{ subject: 'key:k', patterns }],
});

describe('updatePrompt', () => {
  it('renames at once what is run, under the version that was cached as well', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'before');
    const version = await mesh.runs(writer, 'before');
    expect(await askForData(mesh.subgraph, writer, update, { id, input: { name: 'after' } })).toEqual({
      updatePrompt: { name: 'after', description: null },
    });
    expect(await mesh.runs(writer, 'before')).toBeUndefined();
    expect(await mesh.runs(writer, 'after')).toMatchObject({ id: version?.id, name: 'after' });
    const another = await mesh.add(writer, 'before');
    expect(await mesh.runs(writer, 'before')).toMatchObject({ promptId: another });
  });

  it('changes the specified fields alone, and records nothing where nothing changes', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'described', { description: 'old' });
    const change = async (given: object) =>
      (await askForData<{ updatePrompt: object }>(mesh.subgraph, writer, update, { id, input: given }))
        .updatePrompt;
    expect(await change({ description: ' new ' })).toEqual({ name: 'described', description: 'new' });
    expect(await change({ name: 'described' })).toEqual({ name: 'described', description: 'new' });
    expect(await change({})).toEqual({ name: 'described', description: 'new' });
    expect(await change({ description: null })).toEqual({ name: 'described', description: null });
    expect(
      await auditLog(mesh.database.connection).countDocuments({ action: 'prompt.update', targetId: id }),
    ).toBe(2);
  });

  it('refuses a taken name, no name, and what is none', async () => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'one');
    await mesh.add(writer, 'two');
    const to = (name: string | null) => mesh.refusal(writer, update, { id, input: { name } });
    expect(await to('two')).toMatch(/^CONFLICT: .*"two"/);
    expect(await to(null)).toMatch(/^BAD_USER_INPUT: input.name/);
    expect(await to(`two ${id}`)).toMatch(/^BAD_USER_INPUT: input.name/);
    expect(await listed(writer)).toEqual(['one', 'two']);
  });
});

describe('a key that is restricted to prompts', () => {
  const create = 'mutation ($name: String!) { createPrompt(input: { name: $name }) { id } }';
  it.each<[string, string, object]>([
    ['createPrompt', create, { name: 'b2' }],
    ['updatePrompt to a name of its own', update, { input: { name: 'a9' } }],
    ['updatePrompt', update, { input: { description: 'x' } }],
    ['publishPromptVersion', publish, { input }],
    ['labelPromptVersion', point, {}],
    ['removePromptLabel', unlabel, {}],
    ['archivePrompt', archive, {}],
    ['restorePrompt', restore, {}],
    ['copyPrompt to a name of its own', copy, { name: 'a9' }],
  ])(
    'neither changes others nor takes their texts under a name of its own: %s',
    async (_what, query, more) => {
      const writer = await mesh.newWriter();
      const id = await mesh.add(writer, 'b1');
      const key = only(writer, 'a*');
      expect(await mesh.refusal(key, query, { id, ...more })).toMatch(
        /^FORBIDDEN: .*may not change the prompt "b[12]"/,
      );
      expect(await listed(writer)).toEqual(['b1']);
      expect(await mesh.runs(writer, 'b1')).toMatchObject({ number: 1 });
    },
  );

  it('uses no name beyond its own, and does all of it with its own', async () => {
    const writer = await mesh.newWriter();
    const key = only(writer, 'a*');
    const id = await mesh.add(key, 'a1');
    expect(await mesh.refusal(key, update, { id, input: { name: 'b1' } })).toMatch(/^FORBIDDEN: .*"b1"/);
    expect(await mesh.refusal(key, copy, { id, name: 'b1' })).toMatch(/^FORBIDDEN: .*"b1"/);
    await askForData(mesh.subgraph, key, update, { id, input: { name: 'a2' } });
    await askForData(mesh.subgraph, key, copy, { id, name: 'a3' });
    await askForData(mesh.subgraph, key, archive, { id });
    expect(await mesh.refusal(only(writer, 'b*'), restore, { id })).toMatch(/^FORBIDDEN: .*"a2"/);
    await askForData(mesh.subgraph, key, restore, { id });
    expect(await listed(writer)).toEqual(['a2', 'a3']);
  });

  it.each<[string, string, object, RegExp]>([
    ['renamed away from it', update, { input: { name: 'b1' } }, /^FORBIDDEN: .*"b1"/],
    ['archived', archive, {}, /^CONFLICT: .*archived/],
  ])('publishes nothing to a prompt that was %s after it was found', async (_what, query, more, refused) => {
    const writer = await mesh.newWriter();
    const id = await mesh.add(writer, 'a1');
    const later = createPromptsSubgraph({
      ...testServices(mesh.database),
      connection: mesh.database.connection,
      catalog: {
        snapshot: mesh.catalog.snapshot,
        resolveName: mesh.catalog.resolveName,
        promptRuns: mesh.catalog.promptRuns,
        // Asked for the version's AI model, after the prompt was found.
        async resolve(name, viewer) {
          await askForData(mesh.subgraph, writer, query, { id, ...more });
          return mesh.catalog.resolve(name, viewer);
        },
      },
    });
    const { errors = [] } = await ask(later, only(writer, 'a*'), publish, { id, input });
    expect(errors.map(({ code, message }) => `${code}: ${message}`).join()).toMatch(refused);
    expect(await prompts(mesh.database.connection).findById(id).lean()).toMatchObject({ newest: 1 });
    expect(await promptVersions(mesh.database.connection).countDocuments({ promptId: id })).toBe(1);
  });
});

if (!hasRedis()) console.warn('Left out: prompts in many processes. There is no redis-server on the PATH.');
