import { openExposures } from '#gateway/auth/exposure.ts';
import { computeCsrfToken } from '#gateway/auth/session-cookie.ts';
import { doors } from '#gateway/doors/doors.ts';
import { RouteTable } from '#gateway/http/route-table.ts';
import { modelNamesDoor } from '../model-names/model-names-door.ts';
import { createRestMesh } from './rest-mesh.ts';
import { sampleKey } from './sample-gateway.ts';
import type { SampleMesh } from './sample-subgraphs.ts';
import { createScimMesh } from './scim-mesh.ts';

/** Every handler, and the one that docs/contributing/add-a-door.md builds. */
export const servedDoors = [...doors, modelNamesDoor];

/** Every route. */
export const doorRoutes = new RouteTable(servedDoors, openExposures).list();

const handlers = new Map(servedDoors.map((door) => [door.name, door]));

/** How a route is called. */
export interface DoorExample {
  /** Requests that succeed, each with the path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The status of the answer; 200 unless given. */
  readonly status?: number;
  /** What stands behind the gateway; the sample mesh unless given. */
  readonly mesh?: () => SampleMesh;
  /** True where only the tenants subgraph is called. */
  readonly callsTenantsAlone?: true;
  /** The message in a body of the handler's dialect. */
  readonly messageIn: (body: string) => unknown;
}

const sampleOffer = 'o'.repeat(43);

const graphqlMessage = (body: string): unknown => JSON.parse(body).errors[0].message;

const promptsMessage = (body: string): unknown => JSON.parse(body).error.message;

const openAiMessage = (body: string): unknown => JSON.parse(body).error.message;

const anthropicMessage = (body: string): unknown => JSON.parse(body).error.message;

const scimMessage = (body: string): unknown => JSON.parse(body).detail;

/** The routes of SCIM: each method and path, with the path of the example, a body and a status other than 200. */
const scimExamples: readonly (readonly [
  route: string,
  path: string,
  body?: object | undefined,
  status?: number,
])[] = [
  ['GET /ServiceProviderConfig', '/ServiceProviderConfig'],
  ['GET /ResourceTypes', '/ResourceTypes'],
  ['GET /ResourceTypes/{id}', '/ResourceTypes/User'],
  ['GET /Schemas', '/Schemas'],
  ['GET /Schemas/{id}', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User'],
  ['GET /Users', '/Users'],
  ['POST /Users', '/Users', { userName: 'ada@example.com', externalId: 'ada' }, 201],
  ['GET /Users/{id}', '/Users/u1'],
  ['PUT /Users/{id}', '/Users/u1', { userName: 'ada@example.com' }],
  ['PATCH /Users/{id}', '/Users/u1', { Operations: [{ op: 'replace', path: 'active', value: false }] }],
  ['DELETE /Users/{id}', '/Users/u1', undefined, 204],
  ['GET /Groups', '/Groups'],
  ['POST /Groups', '/Groups', { displayName: 'Staff' }, 201],
  ['GET /Groups/{id}', '/Groups/g1'],
  ['PUT /Groups/{id}', '/Groups/g1', { displayName: 'Staff' }],
  ['PATCH /Groups/{id}', '/Groups/g1', { Operations: [{ op: 'remove', path: 'members' }] }, 204],
  ['DELETE /Groups/{id}', '/Groups/g1', undefined, 204],
];

/** A request that succeeds for each route. */
export const doorExamples: Readonly<Record<string, DoorExample>> = {
  'GET / root-page': { path: '/', messageIn: graphqlMessage },
  'HEAD / root-page': { path: '/', messageIn: graphqlMessage },
  'GET /graphql graphql': { path: '/graphql?query=%7Bmotd%7D', messageIn: graphqlMessage },
  'POST /graphql graphql': {
    path: '/graphql',
    body: { query: '{ model(id: "m1") { name } }' },
    messageIn: graphqlMessage,
  },
  'GET /graphql explorer': {
    path: '/graphql',
    headers: { accept: 'text/html' },
    messageIn: (body) => body.trim(),
  },
  'GET /auth/login auth': { path: '/auth/login', messageIn: graphqlMessage },
  'GET /auth/callback auth': {
    path: '/auth/callback?code=c',
    headers: { cookie: `heddle_sign_in=${'s'.repeat(43)}` },
    messageIn: graphqlMessage,
  },
  'GET /auth/callback/{issuer} auth': {
    path: '/auth/callback/acme?code=c',
    headers: { cookie: `heddle_sign_in=${'s'.repeat(43)}` },
    messageIn: graphqlMessage,
  },
  'GET /auth/session auth': { path: '/auth/session', messageIn: graphqlMessage },
  'POST /auth/session auth': {
    path: '/auth/session',
    body: { key: sampleKey },
    callsTenantsAlone: true,
    messageIn: graphqlMessage,
  },
  'POST /auth/logout auth': {
    path: '/auth/logout',
    body: {},
    callsTenantsAlone: true,
    messageIn: graphqlMessage,
  },
  'GET /auth/invitation auth': { path: '/auth/invitation?token=t', messageIn: graphqlMessage },
  'POST /auth/invitation auth': {
    path: '/auth/invitation',
    headers: {
      cookie: `heddle_invitation=${sampleOffer}`,
      'x-heddle-csrf': computeCsrfToken(sampleOffer),
    },
    body: {},
    callsTenantsAlone: true,
    messageIn: graphqlMessage,
  },
  'GET /health/live health': { path: '/health/live', messageIn: graphqlMessage },
  'HEAD /health/live health': { path: '/health/live', messageIn: graphqlMessage },
  'GET /health/ready health': { path: '/health/ready', messageIn: graphqlMessage },
  'HEAD /health/ready health': { path: '/health/ready', messageIn: graphqlMessage },
  'GET /metrics metrics': { path: '/metrics', messageIn: graphqlMessage },
  'HEAD /metrics metrics': { path: '/metrics', messageIn: graphqlMessage },
  'GET /model-names/{id} model-names': {
    path: '/model-names/m1',
    messageIn: (body) => JSON.parse(body).error,
  },
  'HEAD /model-names/{id} model-names': {
    path: '/model-names/m1',
    messageIn: (body) => JSON.parse(body).error,
  },
  'POST /model-names model-names': {
    path: '/model-names',
    body: { id: 'm1' },
    messageIn: (body) => JSON.parse(body).error,
  },
  'POST /prompts/{name} prompts': {
    path: '/prompts/greet@production',
    body: { name: 'Ada' },
    mesh: createRestMesh,
    messageIn: promptsMessage,
  },
  'POST /prompts/docs prompts': {
    path: '/prompts/docs',
    body: { name: 'Ada' },
    mesh: createRestMesh,
    messageIn: promptsMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) => [
      [
        `${method} /prompts/docs prompt-docs`,
        { path: '/prompts/docs', messageIn: (body: string) => body.trim() },
      ],
      [
        `${method} /prompts/docs/{file} prompt-docs`,
        { path: '/prompts/docs/swagger-ui.css', messageIn: (body: string) => body.trim() },
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['GET', 'HEAD'].map((method) => [
      `${method} /prompts/openapi.json prompts`,
      { path: '/prompts/openapi.json', mesh: createRestMesh, messageIn: promptsMessage },
    ]),
  ),
  'POST /v1/chat/completions openai': {
    path: '/v1/chat/completions',
    body: { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/completions openai': {
    path: '/v1/completions',
    body: { model: 'demo/echo', prompt: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/embeddings openai': {
    path: '/v1/embeddings',
    body: { model: 'demo/embed', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) => [
      [`${method} /v1/models openai`, { path: '/v1/models', mesh: createRestMesh, messageIn: openAiMessage }],
      [
        `${method} /v1/models/{id*} openai`,
        { path: '/v1/models/demo/echo', mesh: createRestMesh, messageIn: openAiMessage },
      ],
    ]),
  ),
  'POST /v1/messages anthropic': {
    path: '/v1/messages',
    body: { model: 'demo/echo', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: anthropicMessage,
  },
  'POST /v1/messages/count_tokens anthropic': {
    path: '/v1/messages/count_tokens',
    body: { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello' }] },
    mesh: createRestMesh,
    messageIn: anthropicMessage,
  },
  ...Object.fromEntries(
    ['GET', 'HEAD'].flatMap((method) =>
      [
        ['/v1/models', '/v1/models'],
        ['/v1/models/{id*}', '/v1/models/demo/echo'],
      ].map(([pattern, path]) => [
        `${method} ${pattern} anthropic`,
        {
          path,
          headers: { 'anthropic-version': '2023-06-01' },
          mesh: createRestMesh,
          messageIn: anthropicMessage,
        },
      ]),
    ),
  ),
  ...Object.fromEntries(
    scimExamples.map(([route, path, body, status = 200]) => [
      `${route.replace('/', '/scim/v2/')} scim`,
      {
        ...{ path: `/scim/v2${path}`, body, status, messageIn: scimMessage },
        ...({ mesh: createScimMesh, callsTenantsAlone: true } as const),
      },
    ]),
  ),
  'POST /v1/responses responses': {
    path: '/v1/responses',
    body: { model: 'demo/echo', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  'POST /v1/responses/compact responses': {
    path: '/v1/responses/compact',
    body: { model: 'demo/echo', input: 'Hello' },
    mesh: createRestMesh,
    messageIn: openAiMessage,
  },
  ...Object.fromEntries(
    [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/cancel'],
      ['GET', '/input_items'],
    ].map(([method, rest]) => [
      `${method} /v1/responses/{id}${rest} responses`,
      { path: `/v1/responses/resp_c1${rest}`, mesh: createRestMesh, messageIn: openAiMessage },
    ]),
  ),
};

/** The routes that are no WebSocket. */
export const httpRoutes = doorRoutes.filter(({ when }) => when?.startsWith('upgrade') !== true);

/** Each route with its handler and example. */
export const doorCases = httpRoutes.map(({ method, path, door, access }) => {
  const handler = handlers.get(door);
  const example = doorExamples[`${method} ${path} ${door}`];
  if (handler === undefined || example === undefined) {
    throw new Error(`${method} ${path} of ${door} has no example in doorExamples.`);
  }
  return { route: `${method} ${path} of ${door}`, method, path, door: handler, access, example };
});

/** Those that have a body. */
export const postCases = doorCases.filter(({ method }) => method === 'POST');
