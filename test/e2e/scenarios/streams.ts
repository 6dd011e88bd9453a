import { describe, expect, it } from 'vitest';
import { overWebSocket } from '#test/support/client.ts';
import { echo, type MeshOf, newTenant, unique } from './setup.ts';

/** Completions as streams: in order, resumed, stopped, over both protocols. */
export function streamScenarios(mesh: MeshOf): void {
  describe('streams', () => {
    const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
      __typename completionId sequence
      ... on TextDelta { text }
      ... on CompletionStarted { model { id name } }
      ... on CompletionFinished { completion { text usage { outputTokens } invocation { status } } }
    } }`;
    interface Event {
      readonly __typename: string;
      readonly completionId: string;
      readonly sequence: number;
      readonly text?: string;
      readonly completion?: { readonly text: string };
    }

    it('streams tokens in order, numbered without gaps, ending with the completion', async () => {
      const { client } = await newTenant(mesh);
      const events: Event[] = [];
      for await (const event of overWebSocket<Event>(client, stream, echo('one two three')))
        events.push(event);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
      expect(events[0]?.__typename).toBe('CompletionStarted');
      expect(events.map(({ text }) => text ?? '').join('')).toBe('one two three');
      expect(events.at(-1)).toMatchObject({
        __typename: 'CompletionFinished',
        completion: { text: 'one two three', invocation: { status: 'SUCCEEDED' } },
      });
    });

    it('resumes after any event, for the owner only', async () => {
      const { client } = await newTenant(mesh);
      const events: Event[] = [];
      for await (const event of overWebSocket<Event>(
        client,
        stream,
        echo('a b c d', { onDisconnect: 'KEEP' }),
      )) {
        events.push(event);
      }
      const resume =
        'subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { __typename sequence } }';
      const id = events[0]?.completionId;
      const rest: Event[] = [];
      for await (const event of overWebSocket<Event>(client, resume, { id, after: 1 })) rest.push(event);
      expect(rest.map(({ sequence }) => sequence)).toEqual(events.slice(2).map(({ sequence }) => sequence));
      const stranger = await newTenant(mesh);
      await expect(
        (async () => {
          for await (const _ of overWebSocket(stranger.client, resume, { id, after: -1 }));
        })(),
      ).rejects.toThrow();
    });

    it('stops the provider and closes the row as cancelled when the client leaves', async () => {
      const { client } = await newTenant(mesh);
      const variables = {
        input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'w '.repeat(500) }] },
      };
      let id = '';
      for await (const event of overWebSocket<Event>(client, stream, variables)) {
        id = event.completionId;
        if (event.sequence >= 2) break;
      }
      await expect
        .poll(() => client.data('query ($id: ID!) { invocation(id: $id) { status } }', { id }), {
          timeout: 5_000,
        })
        .toEqual({ invocation: { status: 'CANCELLED' } });
    });

    it('streams a prompt', async () => {
      const { client } = await newTenant(mesh);
      const name = unique('prompt');
      await client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
        input: { name, version: { model: 'demo/echo', template: 'weave {{what}}' } },
      });
      let text = '';
      for await (const event of overWebSocket<Event>(
        client,
        'subscription ($input: RunPromptInput!) { promptStream(input: $input) { sequence ... on TextDelta { text } } }',
        { input: { name, variables: { what: 'silk' } } },
      )) {
        text += event.text ?? '';
      }
      expect(text).toBe('weave silk');
    });

    it('streams the same over server-sent events', async () => {
      const { client } = await newTenant(mesh);
      const response = await fetch(`${client.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${client.key}`,
        },
        body: JSON.stringify({ query: stream, variables: echo('over the wire') }),
      });
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      const text = await response.text();
      expect(text.match(/^event: next$/gm)?.length).toBeGreaterThan(3);
      expect(text).toMatch(/event: complete/);
      expect(text).toContain('"CompletionFinished"');
    });
  });
}
