import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { freePort, newAdminKey, runHeddle, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';

let stack: AsyncDisposableStack;
let dir: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await temporaryDirectory()).path;
});
afterEach(() => stack.disposeAsync());

const marker = 'MARKER-7f3a9c';

const run = (args: readonly string[], environment: Readonly<Record<string, string>>) =>
  runHeddle(['support-bundle', ...args], environment);

it('has what whoever helps needs, and none of the secrets and texts that are anywhere in the mesh', {
  timeout: 120_000,
}, async () => {
  const environment = {
    HEDDLE_DATA_DIR: join(dir, 'data'),
    PORT: String(await freePort()),
    LOG_LEVEL: 'info',
    HEDDLE_ADMIN_KEY: `${newAdminKey()}-${marker}`,
    HEDDLE_METRICS_TOKEN: `metrics-token-${marker}-0123456789`,
    HEDDLE_AUDIT_ANCHOR_URL: `https://user:${marker}@anchors.example/${marker}`,
    HEDDLE_DRAIN_MS: '7',
    OPENAI_API_KEY: `sk-${marker}`,
    OPENAI_BASE_URL: `http://127.0.0.1:9/${marker}`,
  };
  const mesh = stack.use(startHeddle([], environment));
  const [, url = ''] = await mesh.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
  const client = createTestClient(url, environment.HEDDLE_ADMIN_KEY);
  await client.data(
    `mutation { createProvider(input: { id: "sealed", kind: OPENAI, apiKey: "sk-sealed-${marker}" }) { id } }`,
  );
  await client.data(`mutation { updateTenant(id: "default", input: { payloadLogging: FULL }) { id } }`);
  await client.data(
    `mutation { createPrompt(input: { name: "greeting", description: "${marker}", version: { model: "demo/echo", template: "${marker}", note: "${marker}" } }) { id } }`,
  );
  await client.data(
    `mutation { complete(input: { model: "demo/echo", endUserId: "${marker}", tags: ["${marker}"], messages: [{ role: USER, content: "${marker}" }] }) { text } }`,
  );
  const failed = await client.code(
    `mutation { complete(input: { model: "openai/gpt-4o-mini", messages: [{ role: USER, content: "${marker}" }] }) { text } }`,
  );
  expect(failed).toBeDefined();

  const log = join(dir, 'log.jsonl');
  await writeFile(
    log,
    [
      `not a line of Heddle: ${marker}`,
      `{"level":40,"time":1,"event":"attempt_failed","code":"PROVIDER_ERROR","text":"${marker}","tenantId":"${marker}","err":{"type":"Error","message":"${marker}"}}`,
      `{"level":40,"time":2,"msg":"sent OPENAI key sk-${marker}"}`,
      '',
    ].join('\n'),
  );
  const file = join(dir, 'bundle.json');
  const { code, output } = await run([file, '--log', log], environment);
  expect(output).toContain('holds the bundle');
  expect(code).toBe(0);
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(marker);
  expect(text).not.toContain(marker.toLowerCase());
  expect(text).not.toContain(environment.HEDDLE_ADMIN_KEY.slice(0, 30));
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);

  const bundle = JSON.parse(text);
  expect(bundle.configuration).toMatchObject({
    ...{ HEDDLE_ADMIN_KEY: true, OPENAI_API_KEY: true, HEDDLE_DATA_DIR: true, HEDDLE_AUDIT_ANCHOR_URL: true },
    ...{ HEDDLE_DRAIN_MS: 7, LOG_LEVEL: 'info' },
  });
  expect(bundle.versions).toMatchObject({
    heddle: expect.any(String),
    schemaSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(bundle.store.records).toMatchObject({ invocations: 2, payloads: expect.any(Number), tenants: 1 });
  expect(Object.values(bundle.store.failuresOfTheLastDay)).toEqual([1]);
  expect(bundle.metrics.length).toBeGreaterThan(20);
  expect(bundle.doctor.findings.length).toBeGreaterThan(10);
  expect(bundle.log).toEqual([
    { level: 40, time: 1, event: 'attempt_failed', code: 'PROVIDER_ERROR', err: { type: 'Error' } },
    { level: 40, time: 2, msg: expect.stringMatching(/^sent OPENAI key /) },
  ]);

  const again = await run([file, '--offline'], environment);
  expect(again).toEqual({ code: 1, output: `heddle: ${file} already exists; name a new file` });
});

it('is made of what can be read where nothing runs and the configuration is wrong', async () => {
  const file = join(dir, 'bundle.json');
  const environment = {
    HEDDLE_DATA_DIR: join(dir, 'data'),
    PORT: String(await freePort()),
    HEDDLE_DRAIN_MS: marker,
  };
  const { code } = await run([file, '--offline', '--log', join(dir, 'missing')], environment);
  expect(code).toBe(0);
  const bundle = JSON.parse(await readFile(file, 'utf8'));
  expect(bundle).toMatchObject({
    store: null,
    metrics: { error: expect.any(String) },
    log: { error: expect.stringContaining('ENOENT') },
  });
  expect(bundle.doctor.exitCode).toBe(2);
  expect(JSON.stringify(bundle)).toContain('HEDDLE_DRAIN_MS=…: must be a number');
  expect(JSON.stringify(bundle)).not.toContain(marker);
});
