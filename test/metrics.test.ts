import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort, startOneProcess, type TestMesh } from './support/mesh.ts';
import { parseMetrics } from './support/metrics-text.ts';
import {
  listAlertExpressions,
  listPanelExpressions,
  listSeriesNames,
} from './support/observability-files.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const chat = (content: string, more: object = {}) => ({
  model: 'demo/echo',
  messages: [{ role: 'user', content }],
  ...more,
});

describe('the metrics of a mesh in one process', () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`${mesh.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${mesh.adminKey}`, ...headers },
      body: JSON.stringify(body),
    });
    return response.text();
  }
  async function readText(accept = 'text/plain'): Promise<string> {
    const response = await fetch(`${mesh.url}/metrics`, { headers: { accept } });
    expect(response.status).toBe(200);
    return response.text();
  }

  beforeAll(async () => {
    mesh = stack.use(
      await startOneProcess({
        HEDDLE_GUARDRAILS: 'secrets',
        HEDDLE_METRICS_OLD_NAMES: 'on',
        // Nothing listens there.
        OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${await freePort()}/v1`,
        OPENAI_COMPATIBLE_API_KEY: 'sk-unknown',
      }),
    );
    await post('/v1/chat/completions', chat('one two three', { stream: true }), {
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    });
    await post('/v1/chat/completions', chat('howdy'));
    await post('/v1/embeddings', { model: 'demo/embed', input: 'howdy' });
    await post('/v1/chat/completions', { ...chat('howdy'), model: 'demo/flaky' });
    await post('/v1/chat/completions', chat(`my key is AKIA${'Q7ZPXT2MVK4LWBJD'}`));
    await post('/graphql', { query: 'query PrivateWords { me { kind } }' });
    await post('/graphql', { query: '{ nothing }' });
    await post('/graphql', { query: '{ me { kind } }' }, { authorization: 'Bearer hd_unknown_key' });
    await post('/graphql', {
      query: 'mutation ($input: WebhookInput!) { saveWebhook(input: $input) { id } }',
      variables: {
        input: {
          id: 'gone',
          url: `http://127.0.0.1:${await freePort()}/`,
          types: ['access.*'],
          format: 'SLACK',
        },
      },
    });
    await post('/graphql', {
      query: 'mutation { requestAccess(resource: "demo/echo", reason: "x") { id } }',
    });
    const documents = [{ id: 'me-1', name: 'WhoAmI', body: 'query WhoAmI { me { kind } }' }];
    await post('/graphql', {
      query:
        'mutation ($input: TrustedDocumentsInput!) { saveTrustedDocuments(input: $input) { __typename } }',
      variables: { input: { documents } },
    });
    await post('/graphql', { documentId: 'me-1' });
    await post('/graphql', {
      query: 'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
      variables: { input: { providerId: 'openai-compatible', name: 'gone', capabilities: ['CHAT'] } },
    });
    for (let call = 0; call < 5; call += 1) {
      await post('/v1/chat/completions', { ...chat('howdy'), model: 'openai-compatible/gone' });
    }
    const made = await post('/graphql', {
      query: 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      variables: {
        input: { appId: 'default-app', limits: [{ meter: 'REQUESTS', window: 'DAY', amount: '1' }] },
      },
    });
    const authorization = `Bearer ${JSON.parse(made).data.createApiKey.secret}`;
    for (let call = 0; call < 2; call += 1) await post('/v1/chat/completions', chat('hi'), { authorization });
    await vi.waitFor(
      async () => expect(await readText()).toContain('heddle_webhook_attempts_total{'),
      10_000,
    );
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    [
      'a provider call',
      'gen_ai_client_inference_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="demo",gen_ai_request_model="echo"}',
      3,
    ],
    [
      'an embedding',
      'gen_ai_client_inference_duration_seconds_count{gen_ai_operation_name="embeddings",gen_ai_provider_name="demo",gen_ai_request_model="embed"}',
      1,
    ],
    [
      'a failed provider call',
      'heddle_provider_attempts_total{provider="demo",outcome="failed",code="PROVIDER_ERROR",cause="provider"}',
      1,
    ],
    [
      'a stream of three words',
      'gen_ai_client_inference_time_to_first_chunk_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="demo",gen_ai_request_model="echo"}',
      1,
    ],
    [
      'the parts after the first',
      'gen_ai_client_inference_time_per_output_chunk_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="demo",gen_ai_request_model="echo"}',
      2,
    ],
    [
      'tokens',
      'gen_ai_client_inference_usage_input_tokens_total{gen_ai_operation_name="embeddings",gen_ai_provider_name="demo",gen_ai_request_model="embed",gen_ai_token_modality="unknown"}',
      2,
    ],
    [
      'a blocked call',
      'heddle_guardrail_verdicts_total{rule="secrets",stage="input",action="block",mode="enforced",result="fired"}',
      1,
    ],
    ['its error', 'heddle_errors_total{code="GUARDRAIL_BLOCKED",cause="policy"}', 1],
    [
      'inputs that guardrails let pass',
      'heddle_guardrail_verdicts_total{rule="secrets",stage="input",action="block",mode="enforced",result="passed"}',
      11,
    ],
    [
      'outputs that guardrails let pass',
      'heddle_guardrail_verdicts_total{rule="secrets",stage="output",action="block",mode="enforced",result="passed"}',
      4,
    ],
    ['a wrong document', 'heddle_errors_total{code="BAD_USER_INPUT",cause="caller"}', 1],
    ['an unknown key', 'heddle_errors_total{code="UNAUTHENTICATED",cause="caller"}', 1],
    ['the stream', 'heddle_streams_total{field="Subscription.completionStream"}', 1],
    ['no open stream', 'heddle_streams_open{field="Subscription.completionStream"}', 0],
    [
      'an operation of a REST path',
      'heddle_graph_operation_duration_seconds_count{operation="OpenAiEmbed",type="mutation",outcome="data"}',
      1,
    ],
    [
      'a registered operation',
      'heddle_graph_operation_duration_seconds_count{operation="WhoAmI",type="query",outcome="data"}',
      1,
    ],
    [
      'an operation that is not registered',
      'heddle_graph_operation_duration_seconds_count{operation="other",type="query",outcome="data"}',
      1,
    ],
    [
      'a call beyond a limit',
      'heddle_limit_refusals_total{code="QUOTA_EXCEEDED",meter="REQUESTS",window="DAY"}',
      1,
    ],
    ['what is left of its limit', 'heddle_limit_left_ratio{kind="limit",meter="REQUESTS",window="DAY"}', 0],
    ['no task that waits for the planner', 'heddle_tasks_waiting{queue="planner"}', 0],
    ['no payload that was not kept', 'heddle_payloads_dropped_total{reason="room"}', 0],
    ['a provider that nothing reaches', 'heddle_circuit_state{provider="openai-compatible",model="gone"}', 2],
    ['its error', 'heddle_errors_total{code="QUOTA_EXCEEDED",cause="policy"}', 1],
    ['an event', 'heddle_events_total{type="guardrail.blocked"}', 1],
    [
      'an event that a webhook did not take',
      'heddle_webhook_attempts_total{format="SLACK",outcome="unavailable"}',
      1,
    ],
    ['no dead letter', 'heddle_webhook_dead_letters', 0],
    ['no call in progress', 'heddle_calls_running', 0],
    ['no row that waits', 'heddle_ledger_rows_waiting', 0],
  ])('count %s', async (_what, series, value) => {
    expect([series, parseMetrics(await readText()).get(series)]).toEqual([series, value]);
  });

  it('measure requests, calls, guardrails and commands to the store', async () => {
    const found = parseMetrics(await readText());
    for (const series of [
      'heddle_http_request_duration_seconds_count{handler="openai",status="2xx"}',
      'heddle_call_duration_seconds_count',
      'heddle_cache_calls_total{status="bypass"}',
      'heddle_circuit_changes_total{state="open"}',
      'heddle_ledger_write_duration_seconds_count{kind="open"}',
      'heddle_guardrail_duration_seconds_count{rule="secrets"}',
      'heddle_store_command_duration_seconds_count{command="find"}',
      'heddle_store_command_duration_seconds_count{command="groupWrite"}',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect([series, (found.get(series) ?? 0) > 0]).toEqual([series, true]);
  });

  it('count each row of the ledger as opened and as closed', async () => {
    const found = parseMetrics(await readText());
    const count = (kind: string) => found.get(`heddle_ledger_write_duration_seconds_count{kind="${kind}"}`);
    expect(count('close')).toBe(count('open'));
  });

  it('have a value for every series that the alerts and dashboards of deploy/observability read', async () => {
    const found = [...parseMetrics(await readText()).keys()].map((series) => series.split('{', 1)[0]);
    const read = [...listPanelExpressions(), ...listAlertExpressions()].flatMap(listSeriesNames);
    expect(read.length).toBeGreaterThan(50);
    expect([...new Set(read)].filter((name) => !found.includes(name))).toEqual([]);
  });

  it('name the trace of the client as an exemplar, in OpenMetrics alone', async () => {
    expect(await readText('application/openmetrics-text')).toContain(`# {trace_id="${trace}"}`);
    expect(await readText()).not.toContain(trace);
  });

  it('hold no words of clients, no key and no tenant', async () => {
    const text = await readText('application/openmetrics-text');
    for (const word of ['PrivateWords', 'howdy', 'AKIA', 'nothing', mesh.adminKey, 'hd_', 'tenant'])
      expect(text).not.toContain(word);
  });

  it('are not read through a proxy while no token is set', async () => {
    const response = await fetch(`${mesh.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('heddle_');
  });
});
