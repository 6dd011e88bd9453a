import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { createScimMesh } from '#test/support/gateways/scim-mesh.ts';
import { doors } from '../doors.ts';

let sample: SampleGateway;
/** Whether another change comes between the comparison of a version and the change. */
let isRaced = false;
beforeAll(async () => {
  const mesh = createScimMesh();
  const { tenants: calm } = mesh.executors;
  const tenants: typeof calm = {
    async execute(request) {
      if (!isRaced || !/"if(Version|Revision)"/.test(JSON.stringify(request.variables)))
        return calm.execute(request);
      return {
        data: null,
        errors: [new GraphQLError('Changed.', { extensions: { code: 'CONFLICT', reason: 'VERSION' } })],
      };
    },
  };
  sample = await startSampleGateway({ doors, mesh: { ...mesh, executors: { ...mesh.executors, tenants } } });
});
afterAll(() => sample[Symbol.asyncDispose]());

const send = async (path: string, init: RequestInit & { readonly headers?: Record<string, string> } = {}) => {
  const before = sample.mesh.calls.length;
  const response = await fetch(`${sample.url}/scim/v2${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${sampleKey}`,
      'content-type': 'application/scim+json',
      ...init.headers,
    },
  });
  const text = await response.text();
  const sent = sample.mesh.calls.slice(before).map(({ request }) => request.variables);
  return { response, body: text === '' ? null : JSON.parse(text), sent };
};
const disable = JSON.stringify({ Operations: [{ op: 'Replace', path: 'active', value: 'False' }] });

describe('SCIM', () => {
  it('answers in its media type, with the version and the address of a user', async () => {
    const { response, body } = await send('/Users/u1');
    expect(response.headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(body.meta).toMatchObject({ resourceType: 'User', location: `${sample.url}/scim/v2/Users/u1` });
    expect(response.headers.get('etag')).toBe(body.meta.version);
    const again = await send('/Users/u1', { headers: { 'if-none-match': body.meta.version } });
    expect([again.response.status, again.body]).toEqual([304, null]);
  });

  it.each([
    ['PATCH', '/Users/u1', disable],
    ['PUT', '/Users/u1', '{"userName":"u"}'],
    ['DELETE', '/Users/u1', undefined],
    ['PATCH', '/Groups/g1', '{"Operations":[{"op":"replace","value":{"displayName":"N"}}]}'],
    ['DELETE', '/Groups/g1', undefined],
  ])('changes nothing by %s %s of another version', async (method, path, body) => {
    const init = { method, ...(body === undefined ? {} : { body }) };
    const stale = await send(path, { ...init, headers: { 'if-match': 'W/"stale"' } });
    expect([stale.response.status, stale.body.status]).toEqual([412, '412']);
    expect(stale.sent).toHaveLength(1);
    const { body: current } = await send(path);
    const fresh = await send(path, { ...init, headers: { 'if-match': current.meta.version } });
    expect(fresh.response.ok).toBe(true);
  });

  it('states what it has compared as a condition of the change, and none without If-Match', async () => {
    const condition = { 'if-match': (await send('/Users/u1')).body.meta.version };
    const last = async (path: string, init: Parameters<typeof send>[1]) =>
      (await send(path, init)).sent.at(-1);
    const patch = { method: 'PATCH', body: disable };
    expect(await last('/Users/u1', { ...patch, headers: condition })).toMatchObject({
      input: { active: false, ifVersion: 'v1' },
    });
    expect(await last('/Users/u1', { method: 'DELETE', headers: condition })).toMatchObject({
      ifVersion: 'v1',
    });
    const ofGroup = { 'if-match': (await send('/Groups/g1')).body.meta.version };
    const rename = '{"Operations":[{"op":"replace","value":{"displayName":"N"}}]}';
    expect(await last('/Groups/g1', { method: 'PATCH', body: rename, headers: ofGroup })).toMatchObject({
      input: { ifRevision: 1 },
    });
    expect(await last('/Groups/g1', { method: 'DELETE', headers: ofGroup })).toMatchObject({ ifRevision: 1 });
    for (const headers of [{}, { 'if-match': '*' }]) {
      const { sent } = await send('/Users/u1', { ...patch, headers });
      expect(sent).toEqual([{ id: 'u1', input: { active: false } }]);
    }
  });

  it('answers 412 where the change finds another version than was compared', async () => {
    for (const [path, method, body] of [
      ['/Users/u1', 'PATCH', disable],
      ['/Users/u1', 'DELETE', undefined],
      ['/Groups/g1', 'DELETE', undefined],
    ] as const) {
      const headers = { 'if-match': (await send(path)).body.meta.version };
      isRaced = true;
      const answer = await send(path, { method, headers, ...(body === undefined ? {} : { body }) });
      isRaced = false;
      expect([answer.response.status, answer.body], `${method} ${path}`).toMatchObject([
        412,
        { status: '412', code: 'CONFLICT', detail: 'Changed.' },
      ]);
    }
  });

  it('turns queries into conditions and a part of the list', async () => {
    const filter = encodeURIComponent('userName eq "a" or emails[type eq "work"].value eq "e"');
    const { sent, body } = await send(`/Users?filter=${filter}&startIndex=3&count=500`);
    expect(sent).toMatchObject([{ anyOf: [{ userName: 'a' }, { email: 'e' }], offset: 2, first: 200 }]);
    expect(body).toMatchObject({ totalResults: 1, startIndex: 3, itemsPerPage: 1 });
    expect((await send('/Users?startIndex=-1&count=-1')).sent).toMatchObject([{ offset: 0, first: 0 }]);
    const { body: groups } = await send('/Groups?excludedAttributes=members');
    expect(Object.keys(groups.Resources[0])).toEqual(['schemas', 'id', 'displayName', 'meta']);
  });

  it('sends what a body states, and nothing of its password', async () => {
    const { sent } = await send('/Users', {
      method: 'POST',
      body: JSON.stringify({ userName: 'u', externalId: 'x', password: 'hunter2', active: 'True' }),
    });
    expect(sent).toMatchObject([{ input: { userName: 'u', externalId: 'x', active: true } }]);
    expect(JSON.stringify(sent)).not.toContain('hunter2');
  });

  it.each([
    ['POST', '/Users', '{"userName":"u"}', 'invalidValue', 'externalId'],
    ['POST', '/Users', '{"externalId":"x"}', 'invalidValue', 'userName'],
    ['PUT', '/Users/u1', '{"externalId":"x"}', 'invalidValue', 'userName'],
    ['POST', '/Groups', '{}', 'invalidValue', 'displayName'],
    ['GET', '/Users?filter=x', undefined, 'invalidFilter', 'filter'],
    ['GET', '/Users?count=x', undefined, 'invalidValue', 'count'],
    ['GET', `/Users?attributes=${'a,'.repeat(60)}`, undefined, 'invalidValue', 'attributes'],
  ])('refuses %s %s %s as %s', async (method, path, body, scimType, word) => {
    const {
      response,
      body: error,
      sent,
    } = await send(path, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(400);
    expect(error).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      scimType,
      code: 'BAD_USER_INPUT',
      detail: expect.stringContaining(word),
    });
    expect(sent).toEqual([]);
  });

  it('states what it supports, and describes its schemas', async () => {
    expect((await send('/ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
    });
    expect((await send('/Schemas')).body.Resources.map(({ id }: { id: string }) => id)).toEqual([
      'urn:ietf:params:scim:schemas:core:2.0:User',
      'urn:ietf:params:scim:schemas:core:2.0:Group',
    ]);
    expect((await send('/ResourceTypes/Nothing')).body).toMatchObject({ status: '404', code: 'NOT_FOUND' });
  });
});
