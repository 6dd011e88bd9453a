import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openExposures } from '../auth/exposure.ts';
import type { Door, DoorPath } from '../doors/door.ts';
import { doors } from '../doors/doors.ts';
import { findEndpoint, RouteTable } from './route-table.ts';

const buildDoor = (name: string, paths: readonly Partial<DoorPath>[], more: Partial<Door> = {}): Door => ({
  name,
  paths: paths.map((path) => ({ methods: ['GET'], pattern: '/', access: 'public', ...path })),
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle: () => undefined,
  writeError: () => undefined,
  ...more,
});
const buildTable = (...list: readonly Door[]) => new RouteTable(list, openExposures);
const headerIs = (text: string) => ({
  text,
  holds: ({ headers }: IncomingMessage) => headers.accept === text,
});
const asking = (method: string, accept = '') =>
  ({ method, headers: { accept } }) as unknown as IncomingMessage;

describe('two handlers', () => {
  const upgrade: Door['upgrade'] = () => ({ receive() {}, closeWhenIdle() {}, ended() {} });
  it.each<[what: string, problem: RegExp, ...doors: Door[]]>([
    [
      'of one name',
      /Two handlers have the name a/,
      buildDoor('a', [{ pattern: '/x' }]),
      buildDoor('a', [{ pattern: '/y' }]),
    ],
    [
      'of one method and path',
      /GET \/x is a path of a and of b/,
      buildDoor('a', [{ pattern: '/x' }]),
      buildDoor('b', [{ pattern: '/x' }]),
    ],
    [
      'of one condition',
      /GET \/x is a path of a and of b/,
      buildDoor('a', [{ pattern: '/x', when: headerIs('1') }]),
      buildDoor('b', [{ pattern: '/x', when: headerIs('1') }]),
    ],
    [
      'whose names stand at one place',
      /\/x\/\{id\} of a and \/x\/\{name\} of b match/,
      buildDoor('a', [{ pattern: '/x/{id}' }]),
      buildDoor('b', [{ pattern: '/x/{name}' }]),
    ],
    [
      'whose names overlap',
      /match the same requests/,
      buildDoor('a', [{ pattern: '/{x}/b' }]),
      buildDoor('b', [{ pattern: '/a/{y}' }]),
    ],
    [
      'whose names overlap, by other methods too',
      /match the same requests/,
      buildDoor('a', [{ pattern: '/{x}/b' }]),
      buildDoor('b', [{ pattern: '/a/{y}', methods: ['POST'] }]),
    ],
    [
      'of WebSockets at one path',
      /WebSockets at \/x are of a and of b/,
      buildDoor('a', [{ pattern: '/x', webSocket: 'p' }], { upgrade }),
      buildDoor('b', [{ pattern: '/x', methods: ['POST'], webSocket: 'q' }], { upgrade }),
    ],
    [
      'that differ about other origins at one path',
      /do not agree on other origins at \/x/,
      buildDoor('a', [{ pattern: '/x' }]),
      buildDoor('b', [{ pattern: '/x', methods: ['POST'] }], { isCrossOrigin: true }),
    ],
  ])('%s fail at start', (_what, problem, ...list) => {
    expect(() => buildTable(...list)).toThrow(problem);
    expect(() => buildTable(...list)).toThrow(RangeError);
  });

  it('share a path by their methods, or by a condition that precedes what has none', () => {
    const table = buildTable(
      buildDoor('plain', [{ pattern: '/x' }]),
      buildDoor('first', [{ pattern: '/x', when: headerIs('1') }]),
      buildDoor('second', [{ pattern: '/x', when: headerIs('2') }]),
      buildDoor('post', [{ pattern: '/x', methods: ['POST'] }]),
    );
    const resource = table.find('/x')?.resource;
    if (resource === undefined) throw new Error('not found');
    const findDoorName = (request: IncomingMessage) => findEndpoint(resource, request)?.door.name;
    expect([
      findDoorName(asking('GET', '1')),
      findDoorName(asking('GET', '2')),
      findDoorName(asking('GET')),
    ]).toEqual(['first', 'second', 'plain']);
    expect([findDoorName(asking('POST', '1')), findDoorName(asking('PUT'))]).toEqual(['post', undefined]);
    expect([resource.methods, resource.door.name]).toEqual(['GET, POST', 'plain']);
  });
});

describe('a handler', () => {
  it.each(['x', '', '//', '/x/', '/x//y', '/x?y', '/{}', '/{a', '/{a}b', '/a b'])(
    'has no path %s',
    (pattern) => {
      expect(() => buildTable(buildDoor('a', [{ pattern }]))).toThrow(/no pattern/);
    },
  );

  it('has a method at each path, and an upgrade where a path has WebSockets', () => {
    expect(() => buildTable(buildDoor('a', [{ pattern: '/x', methods: [] }]))).toThrow(/no method/);
    expect(() => buildTable(buildDoor('a', [{ pattern: '/x', webSocket: 'p' }]))).toThrow(
      /serves no WebSockets/,
    );
  });

  const table = buildTable(
    buildDoor('a', [
      { pattern: '/x/{id}' },
      { pattern: '/x/{id}/parts/{part}' },
      { pattern: '/x/list' },
      { pattern: '/' },
    ]),
  );
  it.each<[path: string, pattern: string | undefined, params?: Record<string, string>]>([
    ['/x/1', '/x/{id}', { id: '1' }],
    ['/x/a%2Fb%20c', '/x/{id}', { id: 'a/b c' }],
    ['/x/1/parts/2', '/x/{id}/parts/{part}', { id: '1', part: '2' }],
    ['/x/list', '/x/list'],
    ['/x/__proto__', '/x/{id}', { id: '__proto__' }],
    ['/', '/'],
    ['/x/%zz', undefined],
    ['/x/', undefined],
    ['/x', undefined],
    ['/X/1', undefined],
    ['/x/1/', undefined],
    ['x/1', undefined],
    ['', undefined],
    ['*', undefined],
  ])('is found at %s as %s', (path, pattern, params = {}) => {
    const match = table.find(path);
    expect(match?.resource.pattern).toBe(pattern);
    if (pattern !== undefined) expect(match?.params).toEqual(params);
  });
});

describe('the list of routes', () => {
  it('names the methods of a path in one order, whatever the order of its handlers', () => {
    const door = buildDoor('a', [{ pattern: '/x', methods: ['POST', 'GET', 'DELETE'] }]);
    expect(buildTable(door).find('/x')?.resource.methods).toBe('DELETE, GET, POST');
  });

  it('has every method of every path once, with what it needs as configured', () => {
    const list = new RouteTable(doors, { introspection: 'on', explorer: 'off' }).list();
    expect(list.map(({ method, path, door, access }) => `${method} ${path} ${door} ${access}`)).toEqual([
      'GET / root-page unlimited',
      'HEAD / root-page unlimited',
      'GET /auth/callback auth public',
      'GET /auth/callback/{issuer} auth public',
      'GET /auth/invitation auth public',
      'POST /auth/invitation auth public',
      'GET /auth/login auth public',
      'POST /auth/logout auth public',
      'GET /auth/session auth public',
      'POST /auth/session auth public',
      'GET /graphql explorer off',
      'GET /graphql graphql optional',
      'GET /graphql graphql optional',
      'POST /graphql graphql optional',
      'GET /health/live health unlimited',
      'HEAD /health/live health unlimited',
      'GET /health/ready health unlimited',
      'HEAD /health/ready health unlimited',
      'GET /metrics metrics public',
      'HEAD /metrics metrics public',
      'GET /prompts/docs prompt-docs off',
      'HEAD /prompts/docs prompt-docs off',
      'POST /prompts/docs prompts required',
      'GET /prompts/docs/{file} prompt-docs off',
      'HEAD /prompts/docs/{file} prompt-docs off',
      'GET /prompts/openapi.json prompts required',
      'HEAD /prompts/openapi.json prompts required',
      'POST /prompts/{name} prompts required',
      'GET /scim/v2/Groups scim required',
      'POST /scim/v2/Groups scim required',
      'DELETE /scim/v2/Groups/{id} scim required',
      'GET /scim/v2/Groups/{id} scim required',
      'PATCH /scim/v2/Groups/{id} scim required',
      'PUT /scim/v2/Groups/{id} scim required',
      'GET /scim/v2/ResourceTypes scim required',
      'GET /scim/v2/ResourceTypes/{id} scim required',
      'GET /scim/v2/Schemas scim required',
      'GET /scim/v2/Schemas/{id} scim required',
      'GET /scim/v2/ServiceProviderConfig scim required',
      'GET /scim/v2/Users scim required',
      'POST /scim/v2/Users scim required',
      'DELETE /scim/v2/Users/{id} scim required',
      'GET /scim/v2/Users/{id} scim required',
      'PATCH /scim/v2/Users/{id} scim required',
      'PUT /scim/v2/Users/{id} scim required',
      'POST /v1/chat/completions openai required',
      'POST /v1/completions openai required',
      'POST /v1/embeddings openai required',
      'POST /v1/messages anthropic required',
      'POST /v1/messages/count_tokens anthropic required',
      'GET /v1/models anthropic required',
      'GET /v1/models openai required',
      'HEAD /v1/models anthropic required',
      'HEAD /v1/models openai required',
      'GET /v1/models/{id*} anthropic required',
      'GET /v1/models/{id*} openai required',
      'HEAD /v1/models/{id*} anthropic required',
      'HEAD /v1/models/{id*} openai required',
      'GET /v1/responses responses required',
      'POST /v1/responses responses required',
      'POST /v1/responses/compact responses required',
      'DELETE /v1/responses/{id} responses required',
      'GET /v1/responses/{id} responses required',
      'POST /v1/responses/{id}/cancel responses required',
      'GET /v1/responses/{id}/input_items responses required',
    ]);
    expect(list.flatMap(({ when }) => when ?? [])).toEqual([
      'accept: text/html',
      'upgrade: websocket (graphql-transport-ws)',
      ...Array(4).fill('anthropic-version'),
      'upgrade: websocket',
    ]);
  });
});
