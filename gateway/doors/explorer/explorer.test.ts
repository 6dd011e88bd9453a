import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { readSupergraph } from '#schema/compose.ts';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { exampleOperations } from './explorer-examples.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

describe('the Explorer', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const response = await fetch(`${sample.url}/graphql`, { headers: browser });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:/);
    const page = await response.text();
    const markup = page.replaceAll(/<script>[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, '');
    const loads = /(?:src|href)=["']?(?!data:|["'])|@import/i;
    expect(markup).not.toMatch(loads);
    expect(page.match(/<style>[\s\S]*?<\/style>/)?.[0]).not.toMatch(/url\(\s*["']?(https?:)?\/\//);
    expect(page).toContain('YogaGraphiQL.renderYogaGraphiQL(');
  });

  it('opens with example operations, and has no place for a key', async () => {
    const page = await (await fetch(`${sample.url}/graphql`, { headers: browser })).text();
    const options = page.slice(page.lastIndexOf('graphiql:'));
    expect(page.slice(page.lastIndexOf('renderYogaGraphiQL('))).not.toContain('authorization');
    for (const name of ['complete(', 'completionStream(', 'runPrompt(', 'createApiKey(', 'usage(']) {
      expect(options).toContain(name);
    }
  });

  it('has examples that the graph accepts', () => {
    const supergraph = readSupergraph();
    if (supergraph === undefined) throw new Error('compose the supergraph first');
    const schema = buildApiSchema(supergraph);
    for (const { query } of exampleOperations) expect(validate(schema, parse(query))).toEqual([]);
  });

  it('is not in the way of clients that request JSON', async () => {
    const response = await fetch(`${sample.url}/graphql?query={motd}`, { headers: { accept: '*/*' } });
    expect(await response.json()).toEqual({ data: { motd: 'hello' } });
  });
});
