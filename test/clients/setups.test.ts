import { execFile, execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { clientSetups, exampleOrigin } from '#gateway/doors/root-page/client-setups.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const root = resolve(import.meta.dirname, '../..');

/** The lines for a client, with the address of the mesh for the one on the page. */
function readLines(client: string, url: string): string {
  const setup = clientSetups.find((listed) => listed.client === client);
  if (setup === undefined) throw new Error(`There is no setup of ${client}.`);
  return setup.lines.replaceAll(exampleOrigin, url);
}

function isInstalled(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    // Any error: what cannot be run is left out.
    console.warn(`Left out: what needs ${command} ${args.join(' ')}.`);
    return false;
  }
}

describe('the setup of clients on the page at / and in docs/clients.md', () => {
  const mesh = findSharedMesh();

  /** Runs the lines as a reader would; returns what they print. */
  async function run(command: string, args: readonly string[], lines: string): Promise<string> {
    const { stdout } = await promisify(execFile)(command, [...args, lines], {
      cwd: root,
      timeout: 30_000,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', HEDDLE_KEY: mesh.adminKey },
    });
    return stdout;
  }

  /** Calls by the SDK of the client's vendor, with what the client reads from its setup. */
  async function callByOpenAi(baseURL: string, model: string): Promise<string | null | undefined> {
    const openai = new OpenAI({ baseURL, apiKey: mesh.adminKey });
    const { choices } = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    return choices[0]?.message.content;
  }

  it('has a test for each client', () => {
    expect(clientSetups.map(({ client }) => client)).toEqual([
      ...['Claude Code', 'Codex', 'Cursor', 'Open WebUI', 'LangChain', 'LlamaIndex', 'Continue'],
      ...['OpenAI SDK', 'Anthropic SDK', 'AI SDK', 'curl'],
    ]);
  });

  it.each(['OpenAI SDK', 'Anthropic SDK', 'AI SDK'])(
    'of %s is a program that prints the answer',
    async (client) => {
      const lines = readLines(client, mesh.url);
      expect(await run(process.execPath, ['--input-type=module', '-e'], lines)).toBe('Hello\n');
    },
  );

  it.each([
    ['LangChain', 'langchain_openai'],
    ['LlamaIndex', 'llama_index.llms.openai_like'],
  ])('of %s is a program that prints the answer, where the package is installed', async (client, module) => {
    if (!isInstalled('python3', ['-c', `import ${module}`])) return;
    expect(await run('python3', ['-c'], readLines(client, mesh.url))).toBe('Hello\n');
  });

  it('of curl is a command that prints the answer', async () => {
    expect(JSON.parse(await run('bash', ['-c'], readLines('curl', mesh.url)))).toMatchObject({
      choices: [{ message: { content: 'Hello' } }],
    });
  });

  it('of Claude Code sets the variables that Anthropic’s SDK reads, with AI models that answer', async () => {
    const lines = readLines('Claude Code', mesh.url);
    const program = `import Anthropic from '@anthropic-ai/sdk';
      for (const model of [process.env.ANTHROPIC_MODEL, process.env.ANTHROPIC_DEFAULT_HAIKU_MODEL]) {
        const messages = [{ role: 'user', content: 'Hello' }];
        console.log((await new Anthropic().messages.create({ model, max_tokens: 99, messages })).content[0].text);
      }`;
    const script = `${lines}\n"${process.execPath}" --input-type=module -e "$0"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script, program], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
    });
    expect(stdout).toBe('Hello\nHello\n');
  });

  it('of Codex names a provider whose responses are streamed to their end', async () => {
    const lines = readLines('Codex', mesh.url);
    const entries = Object.fromEntries(
      [...lines.matchAll(/^(\w+) = "([^"]*)"$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    expect(lines).toContain(`\n[model_providers.${entries.model_provider}]\n`);
    expect(entries).toMatchObject({ env_key: 'HEDDLE_KEY', wire_api: 'responses' });
    const response = await fetch(`${entries.base_url}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: entries.model,
        instructions: 'Be short.',
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
        tools: [],
        store: false,
        stream: true,
        include: ['reasoning.encrypted_content'],
      }),
    });
    expect(await response.text()).toMatch(/event: response\.completed\ndata: \{.*"text":"Hello"/);
  });

  it('of Cursor is a base URL that takes its body of responses at chat/completions', async () => {
    const response = await fetch(`${readLines('Cursor', mesh.url)}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo/echo', input: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
  });

  it('of Open WebUI sets a base URL that lists AI models and calls them', async () => {
    const lines = readLines('Open WebUI', mesh.url);
    const command = `${lines}\ncurl -s "$OPENAI_API_BASE_URL/models" -H "authorization: Bearer $OPENAI_API_KEY"`;
    const { data } = JSON.parse(await run('bash', ['-c'], command)) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toContain('demo/echo');
    const [, base = ''] = /OPENAI_API_BASE_URL=(\S+)/.exec(lines) ?? [];
    expect(await callByOpenAi(base, 'demo/echo')).toBe('Hello');
  });

  it('of Continue is YAML of its schema, whose AI model answers', async () => {
    const { models } = z
      .strictObject({
        name: z.string(),
        version: z.string(),
        schema: z.literal('v1'),
        models: z.tuple([
          z.strictObject({
            name: z.string(),
            provider: z.literal('openai'),
            model: z.string(),
            apiBase: z.url(),
            apiKey: z.literal('$'.concat('{{ secrets.HEDDLE_KEY }}')),
          }),
        ]),
      })
      .parse(parse(readLines('Continue', mesh.url)));
    expect(await callByOpenAi(models[0].apiBase, models[0].model)).toBe('Hello');
  });
});
