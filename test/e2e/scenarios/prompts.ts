import { describe, expect, it } from 'vitest';
import { overEventStream } from '#test/support/client.ts';
import { type MeshOf, newTenant } from './setup.ts';

const run = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id text } }';
const stream = 'subscription ($input: RunPromptInput!) { promptStream(input: $input) { __typename } }';
const history = `query ($id: ID!, $prompt: ID!) {
  completion(id: $id) { promptVersion { number template prompt { id name } } }
  node(id: $prompt) { ... on Prompt { name archivedAt } }
  prompts { edges { node { id } } }
}`;

/** Longer than a process needs that hears of no change. */
const waits = { timeout: 8_000 };

/** Prompts that are archived and renamed while they are run. */
export function promptScenarios(mesh: MeshOf): void {
  describe('an archived or renamed prompt', () => {
    it('is run and streamed no more, its calls still lead to it, and it comes back', async () => {
      const scopes = ['prompts:write', 'inference:invoke'];
      const { client } = await newTenant(mesh, { scopes });
      const { createPrompt } = await client.data<{ createPrompt: { id: string } }>(
        `mutation { createPrompt(input: { name: "greet", version: { model: "demo/echo", template: "Hello" } }) { id } }`,
      );
      const { id: prompt } = createPrompt;
      const answer = async (name: string) => {
        const { data, errors } = await client.send<{ runPrompt: { text: string } } | null>(run, {
          input: { name, variables: {} },
        });
        return errors?.[0]?.extensions.code ?? data?.runPrompt.text;
      };
      const input = { name: 'greet', variables: {} };
      const { runPrompt } = await client.data<{ runPrompt: { id: string } }>(run, { input });

      await client.data('mutation ($id: ID!) { archivePrompt(id: $id) }', { id: prompt });
      await expect.poll(() => answer('greet'), waits).toBe('NOT_FOUND');
      await expect(overEventStream(client, stream, { input }).next()).rejects.toThrow(
        'no prompt named "greet"',
      );
      expect(await client.data(history, { id: runPrompt.id, prompt })).toEqual({
        completion: {
          promptVersion: { number: 1, template: 'Hello', prompt: { id: prompt, name: 'greet' } },
        },
        node: { name: 'greet', archivedAt: expect.any(String) },
        prompts: { edges: [] },
      });

      await client.data('mutation ($id: ID!) { restorePrompt(id: $id) { id } }', { id: prompt });
      await expect.poll(() => answer('greet'), waits).toBe('Hello');
      const rename = 'mutation ($id: ID!) { updatePrompt(id: $id, input: { name: "hail" }) { id } }';
      await client.data(rename, { id: prompt });
      await expect.poll(() => answer('hail'), waits).toBe('Hello');
      await expect.poll(() => answer('greet'), waits).toBe('NOT_FOUND');
    });
  });
}
