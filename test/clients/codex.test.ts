import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { checkEventOrder, parseResponseEvents, responseSchema } from '#test/support/response-schemas.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let key: string;
beforeAll(async () => {
  key = (await newTenant(() => mesh)).client.key;
});
afterAll(() => stack.disposeAsync());

function send(body: object): Promise<Response> {
  return fetch(`${mesh.url}/v1/responses`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      originator: 'codex_cli_rs',
      version: '0.153.4',
      session_id: '0199-thread',
      'x-codex-turn-metadata': '{"turn":"1"}',
      'x-codex-beta-features': 'x',
    },
    body: JSON.stringify(body),
  });
}

describe('a request of Codex', () => {
  /** As its wire capture has it: no state, all items each time, tools that a vendor runs beside its own. */
  const body = {
    model: 'demo/echo',
    instructions: 'You are Codex.',
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Permissions.' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], content: null, encrypted_content: 'opaque' },
      { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'call_1' },
      { type: 'function_call_output', call_id: 'call_1', output: 'README.md' },
      {
        type: 'custom_tool_call',
        name: 'apply_patch',
        input: '*** Begin Patch',
        call_id: 'call_2',
        status: 'completed',
      },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'Done' },
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } },
    ],
    tools: [
      {
        type: 'function',
        name: 'shell',
        description: 'Runs it.',
        strict: false,
        parameters: { type: 'object', properties: {} },
      },
      {
        type: 'custom',
        name: 'apply_patch',
        description: 'Patches.',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
      },
      { type: 'web_search', external_web_access: false },
      { type: 'tool_search', description: 'Finds tools.' },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: '0199-thread',
    text: { verbosity: 'low' },
    client_metadata: { x: 'y' },
  };

  it('is answered with what its parser requires, and names what is dropped', async () => {
    const response = await send(body);
    expect(response.status).toBe(200);
    const dropped = response.headers.get('x-heddle-dropped') ?? '';
    for (const name of ['tools.web_search', 'tools.tool_search', 'messages.web_search_call']) {
      expect(dropped).toContain(name);
    }
    const events = parseResponseEvents(await response.text());
    checkEventOrder(events);
    expect(events[0]).toMatchObject({ type: 'response.created', response: { id: expect.any(String) } });
    const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(items).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text: 'hello' }] }]);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: {
        usage: {
          input_tokens_details: { cached_tokens: expect.any(Number) },
          output_tokens_details: { reasoning_tokens: expect.any(Number) },
        },
      },
    });
  });

  it('reads every entry of the list of models: one without a required field would cost it the whole list', async () => {
    const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']);
    const entry = z.object({
      slug: z.string().min(1),
      display_name: z.string().min(1),
      description: z.string().nullable(),
      default_reasoning_level: effort.nullable(),
      supported_reasoning_levels: z.array(z.object({ effort, description: z.string() })),
      shell_type: z.enum(['default', 'local', 'unified_exec', 'disabled', 'shell_command']),
      visibility: z.enum(['list', 'hide', 'none']),
      supported_in_api: z.literal(true),
      priority: z.int(),
      upgrade: z.null(),
      base_instructions: z.string().min(100),
      supports_reasoning_summaries: z.boolean(),
      support_verbosity: z.boolean(),
      default_verbosity: z.enum(['low', 'medium', 'high']).nullable(),
      apply_patch_tool_type: z.enum(['freeform', 'function']).nullable(),
      truncation_policy: z.object({ mode: z.enum(['bytes', 'tokens']), limit: z.int().positive() }),
      supports_parallel_tool_calls: z.boolean(),
      experimental_supported_tools: z.array(z.string()),
      input_modalities: z.array(z.enum(['text', 'image'])),
    });
    const response = await fetch(`${mesh.url}/v1/models?client_version=0.153.4`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { models } = z.object({ models: z.array(entry) }).parse(await response.json());
    expect(models.map(({ slug }) => slug)).toContain('demo/echo');
    expect(new Set(models.map(({ priority }) => priority)).size).toBe(models.length);
  });

  it.each([
    [{ type: 'local_shell' }, 'tools.local_shell'],
    [{ type: 'shell' }, 'tools.shell'],
    [{ type: 'apply_patch' }, 'tools.apply_patch'],
    [{ type: 'web_search' }, 'tools.web_search'],
    [{ type: 'image_generation' }, 'tools.image_generation'],
    [
      { type: 'namespace', name: 'mcp', tools: [{ type: 'function', name: 'f', defer_loading: true }] },
      'tools.namespace',
    ],
  ])('is answered without the tool %j, which it is informed of', async (tool, dropped) => {
    const response = await send({ model: 'demo/tools', input: 'hello', tools: [tool] });
    expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, dropped]);
    expect(responseSchema.parse(await response.json()).output).toMatchObject([
      { content: [{ text: 'hello' }] },
    ]);
  });

  it('calls a custom tool with a text, not with JSON', async () => {
    const tool_choice = { type: 'custom', name: 'apply_patch' };
    const events = parseResponseEvents(await (await send({ ...body, tool_choice })).text());
    checkEventOrder(events);
    const done = events.find((event) => event.type === 'response.output_item.done');
    expect(done).toMatchObject({
      item: { type: 'custom_tool_call', name: 'apply_patch', input: expect.any(String) },
    });
    const input = events.find((event) => event.type === 'response.custom_tool_call_input.done');
    expect(input).toBeDefined();
  });
});
