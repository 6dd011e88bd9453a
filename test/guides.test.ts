import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from './support/client.ts';
import { startOneProcess, type TestMesh } from './support/mesh.ts';

const read = (page: string) => readFileSync(resolve(import.meta.dirname, '../docs', page), 'utf8');
const readBlocks = (page: string, language: string) =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startOneProcess();
});
afterAll(() => mesh[Symbol.asyncDispose]());

describe('docs/admin.md', () => {
  /** The operations of the page by their names, in their order. */
  const operations = readBlocks('admin.md', 'graphql').map((text) => {
    const [definition] = parse(text).definitions;
    if (definition?.kind !== 'OperationDefinition') throw new Error(`There is no operation in ${text}`);
    const variables = definition.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
    return { name: definition.name?.value ?? '', text, variables };
  });
  /** What each operation answers. */
  const expected: Readonly<Record<string, RegExp>> = {
    Tenant: /"id":"acme-.*"meter":"COST"/,
    App: /"createApp"/,
    Key: /"secret":"hd_.*"models":\["chat"\].*"meter":"COST","window":"DAY","amount":"10\.0*"/,
    Budget: /"amount":"50\.0*","spent":"0\.0*","hard":true/,
    Provider: /"problem":null,"health":\{"circuit":"CLOSED","checkedAt":null\}/,
    Model: /"id":"local\/llama3\.2","price":\{"input":"0\.0*","output":"0\.0*"\}/,
    Route: /"alias":"chat".*"local\/llama3\.2".*"demo\/echo"/,
    Try: /"model":\{"id":"demo\/echo"\},"outcome":"SUCCEEDED"/,
    Call: /"text":"Hello".*"demo\/echo"/,
    Left: /"subject":"key:.*"remaining":"10\.0*"/,
    Usage: /"tenant":"acme-.*"requests":1/,
    Prompt: /"name":"greet".*"production"/,
    Visitor: /"token":"\w+/,
    Undo: /"archivePrompt":".*"archiveApp":"/,
    Redo: /"name":"greet","archivedAt":null.*"name":"support-bot","archivedAt":null/,
    CheapFirst: /"cheap"/,
    Fallback: /"steady"/,
    Alias: /"name":"gpt-4o","target":"chat"/,
    Aliases: /\[\{"name":"gpt-4o","target":"chat"\}\]/,
    Unalias: /"deleteModelAlias":"gpt-4o"/,
    Price: /"input":"1000\.0*","output":"1000\.0*"/,
    SmallBudget: /"amount":"0\.50*","spent":"0\.0*"/,
    Spend: /"cost":"0\.0[1-9]/,
  };

  it('has operations that work one after another, with what the ones before returned', async () => {
    const year = new Date().getUTCFullYear();
    const known: Record<string, unknown> = {
      from: `${year}-01-01T00:00:00Z`,
      to: `${year + 1}-01-01T00:00:00Z`,
    };
    const answers: Record<string, string> = {};
    let secret = '';
    for (const { name, text, variables } of operations) {
      const key = ['Call', 'Left', 'Visitor', 'Spend'].includes(name) ? secret : mesh.adminKey;
      const given = Object.fromEntries(variables.map((variable) => [variable, known[variable]]));
      const data = await createTestClient(mesh.url, key).data<Record<string, Record<string, unknown>>>(
        text,
        given,
      );
      if (name === 'Tenant') known.tenantId = data.createTenant?.id;
      if (name === 'App') known.appId = data.createApp?.id;
      if (name === 'Prompt') known.promptId = data.createPrompt?.id;
      if (name === 'Key') secret = `${data.createApiKey?.secret}`;
      answers[name] = JSON.stringify(data);
    }
    expect(Object.keys(answers)).toEqual(Object.keys(expected));
    for (const [name, fits] of Object.entries(expected)) expect(answers[name], name).toMatch(fits);

    await mesh.processes[0]?.line(/"event":"budget_threshold".*"threshold":0\.01/);
    const spend = operations.find(({ name }) => name === 'Spend')?.text ?? '';
    const { errors } = await createTestClient(mesh.url, secret).send(
      spend.replace('maxOutputTokens: 100', 'maxOutputTokens: 1000'),
    );
    expect(errors?.[0]?.extensions?.code).toBe('BUDGET_EXCEEDED');
    const { budgets } = await createTestClient(mesh.url, mesh.adminKey).data<{ budgets: unknown }>(
      'query ($id: ID!) { budgets(filter: { tenantId: $id }) { edges { node { window spent } } } }',
      { id: known.tenantId },
    );
    const { cost } = (JSON.parse(answers.Spend ?? '{}') as { complete: { cost: string } }).complete;
    expect(JSON.stringify(budgets)).toContain(`"window":"DAY","spent":"${cost}"`);
  });

  it.each(['cheap', 'steady'])('has a route %s that answers', async (model) => {
    const { data } = createTestClient(mesh.url, mesh.adminKey);
    const call = `mutation { complete(input: { model: "${model}", messages: [{ role: USER, content: "Hi" }] }) { text } }`;
    expect(await data(call)).toEqual({ complete: { text: 'Hi' } });
  });
});

describe('docs/graphql.md', () => {
  const expected = [
    /"totalCount":\d+,"edges":\[\{"node":\{"id":"/,
    /"text":"Hello","cost":"0/,
    /There is no model and no route \\"demo\/nothing\\".*"code":"NOT_FOUND"/,
  ];

  it('has commands that answer as it states', async () => {
    const commands = readBlocks('graphql.md', 'sh');
    expect(commands).toHaveLength(expected.length);
    for (const [index, fits] of expected.entries()) {
      const command = commands[index]?.replaceAll('http://127.0.0.1:4000', mesh.url) ?? '';
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
      });
      expect(stdout).toMatch(fits);
      expect(stdout.includes('"errors"')).toBe(index === 2);
    }
  });
});

describe('docs/guardrails.md', () => {
  const consenting: Readonly<Record<string, RegExp>> = {
    Consent: /"purposes":\["analysis","storage"\],"expiresAt":"2999-01-01T00:00:00.000Z"/,
    Consenting: /"version":1/,
    CallWithConsent: /"text":"Hello"/,
    Withdraw: /"purposes":\["storage"\]/,
    Consents: /"node":\{"endUserId":"ada","purposes":\["storage"\]/,
  };

  const expected: Readonly<Record<string, RegExp>> = {
    Shadow: /"id":"guardrail:no-keys","version":1,"mode":"SHADOW"/,
    Call: /"text":"Use ghp_.*"policyId":"guardrail:no-keys","stage":"INPUT","action":"BLOCK","shadow":true,"fired":true/,
    Test: /"allowed":true,"text":"Use ⟨\w+_1⟩","verdicts":\[\{"rule":"secrets","fired":true,"spans":\[\{"start":4/,
    Enforce: /"version":2,"mode":"ENFORCE"/,
    Back: /"version":3,"mode":"SHADOW","versions":\[\{"version":3,"restored":1.*"version":1,"restored":null/,
    Undo: /"deleteGuardrailPolicy":"guardrail:no-keys"/,
  };

  it('has operations that work one after another', async () => {
    const { data, send } = createTestClient(mesh.url, mesh.adminKey);
    const operations = readBlocks('guardrails.md', 'graphql');
    const refusals: unknown[] = [];
    for (const [index, [name, fits]] of Object.entries(expected).entries()) {
      const text = operations[index] ?? '';
      expect(text).toContain(` ${name}`);
      expect(JSON.stringify(await data(text, { id: 'guardrail:no-keys' })), name).toMatch(fits);
      const { errors } = await send(operations[1] ?? '');
      refusals.push(errors?.[0]?.extensions?.code);
    }
    const call = operations.find((text) => text.includes(' CallWithConsent')) ?? '';
    for (const [name, fits] of Object.entries(consenting)) {
      const text = operations.find((one) => one.includes(` ${name} {`)) ?? '';
      expect(JSON.stringify(await data(text)), name).toMatch(fits);
    }
    expect((await send(call)).errors?.[0]?.extensions).toMatchObject({
      ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'consent', stage: 'input' },
    });
    await data('mutation { deleteGuardrailPolicy(id: "guardrail:consent") }');
    // The call is refused exactly while the policy acts.
    const none = undefined;
    expect(refusals).toEqual([none, none, none, 'GUARDRAIL_BLOCKED', none, none]);
  });
});
