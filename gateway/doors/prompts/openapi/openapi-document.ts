import { embedSchema } from './embed-schema.ts';
import { errorReferences, errorResponses, errorSchema } from './error-responses.ts';
import type { PromptToRun } from './list-prompts-to-run.ts';

type PromptShape = NonNullable<PromptToRun['version']>;

const textHeader = (description: string) => ({ description, schema: { type: 'string' } });
const inHeader = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

/** The headers that every prompt takes. */
const parameters = {
  cache: inHeader('x-heddle-cache', 'How the call uses the cache.', {
    type: 'string',
    enum: ['DEFAULT', 'USE', 'BYPASS', 'REFRESH'],
  }),
  cacheScope: inHeader('x-heddle-cache-scope', 'The callers that share the answer through the cache.', {
    type: 'string',
    enum: ['CALLER', 'APP', 'TENANT'],
  }),
  retention: inHeader('x-heddle-retention', 'How long the content of the call is stored.', {
    type: 'string',
    enum: ['DEFAULT', 'NONE'],
  }),
  idempotencyKey: inHeader(
    'idempotency-key',
    'A repeated call with the same key and variables within 24 hours returns the same completion.',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
  endUser: inHeader('x-heddle-end-user', 'The end user that the call is for.', {
    type: 'string',
    minLength: 1,
    maxLength: 256,
  }),
  tags: inHeader('x-heddle-tags', 'Tags of the call in the ledger, separated by commas; at most 16.'),
} as const;

const headers = {
  requestId: textHeader('The ID of the request, to look for in the log.'),
  completionId: textHeader('The ID of the completion.'),
  promptVersion: { description: 'The number of the version that was run.', schema: { type: 'integer' } },
  finishReason: textHeader('The reason that generation stopped, such as STOP or LENGTH.'),
  dropped: textHeader('The parameters of the version that the provider does not support.'),
  guardrails: textHeader(
    'The rules of guardrails that found something, such as pii;action=MASK;stage=INPUT.',
  ),
} as const;

const answerProperties = {
  text: { type: 'string', description: 'The text of the answer.' },
  refusal: { type: 'string', description: 'The refusal of the AI model in its own words.' },
} as const;

const schemas = {
  Error: errorSchema,
  TextAnswer: { type: 'object', required: ['text'], properties: answerProperties },
  RefusalAnswer: { type: 'object', required: ['text', 'refusal'], properties: answerProperties },
  Events: {
    type: 'string',
    description:
      'Server-sent events. A plain event has a part of the text: {"text"}. `restart` states that the parts so far are to be ' +
      'discarded. The last is `end` with {"completionId", "result", "finishReason", "usage"}, whose result is the answer ' +
      'as without a stream, or `error` with the body of an error.',
  },
} as const;

const referTo = (part: string, names: readonly string[]) =>
  names.map((name) => ({ $ref: `#/components/${part}/${name}` }));

const answerHeaders = {
  'x-request-id': { $ref: '#/components/headers/requestId' },
  'x-heddle-completion-id': { $ref: '#/components/headers/completionId' },
  'x-heddle-prompt-version': { $ref: '#/components/headers/promptVersion' },
  'x-heddle-finish-reason': { $ref: '#/components/headers/finishReason' },
  'x-heddle-dropped': { $ref: '#/components/headers/dropped' },
  'x-heddle-guardrails': { $ref: '#/components/headers/guardrails' },
};

/** A value of a variable: it goes into the text as it is, or as JSON. */
const valueTypes = ['string', 'number', 'boolean', 'object', 'array'];

function toVariablesSchema({ variables }: PromptShape): object {
  const properties = variables.map(({ name, description }) => [
    name,
    { type: valueTypes, ...(description == null ? {} : { description }) },
  ]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: variables.map(({ name }) => name),
    additionalProperties: false,
  };
}

const isSchema = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Where the schemas of a version stand, such as `greet.3`. */
const outputName = (name: string, { number }: PromptShape) => `${name}.${number}.output`;

/** The schema of an answer: the value, or the refusal of the AI model. */
function toAnswerSchema(name: string, version: PromptShape): object {
  if (!isSchema(version.outputSchema)) return { $ref: '#/components/schemas/TextAnswer' };
  return { anyOf: referTo('schemas', [outputName(name, version), 'RefusalAnswer']) };
}

function toOperation({ name, description }: PromptToRun, version: PromptShape, label: string | null): object {
  const example = Object.fromEntries(version.variables.map((one) => [one.name, one.description ?? one.name]));
  return {
    operationId: label === null ? name : `${name}.${label}`,
    summary: label === null ? `Run ${name}` : `Run ${name}, version labeled ${label}`,
    description: `${description == null ? '' : `${description}\n\n`}Version ${version.number}.`,
    tags: [name],
    parameters: referTo('parameters', Object.keys(parameters)),
    requestBody: {
      required: true,
      description: 'A value for each variable.',
      content: {
        'application/json': {
          schema: { $ref: `#/components/schemas/${name}.${version.number}.input` },
          example,
        },
      },
    },
    responses: {
      200: {
        description: 'The answer.',
        headers: answerHeaders,
        content: {
          'application/json': { schema: toAnswerSchema(name, version) },
          'text/event-stream': { schema: { $ref: '#/components/schemas/Events' } },
        },
      },
      ...errorReferences,
    },
  };
}

/** The paths of a prompt: its default version, and that of each label. */
function listPaths(
  prompt: PromptToRun,
): readonly (readonly [path: string, version: PromptShape, label: string | null])[] {
  const { name, version, labels } = prompt;
  return [
    ...(version == null ? [] : [[`/prompts/${name}`, version, null] as const]),
    ...labels.map((label) => [`/prompts/${name}@${label.name}`, label.version, label.name] as const),
  ];
}

/** The OpenAPI 3.1 document of the prompts; those without a version that may be run are left out. */
export function buildOpenApiDocument(prompts: readonly PromptToRun[]): object {
  const paths: Record<string, object> = {};
  const versions: Record<string, object> = {};
  for (const prompt of prompts) {
    for (const [path, version, label] of listPaths(prompt)) {
      paths[path] = { post: toOperation(prompt, version, label) };
      versions[`${prompt.name}.${version.number}.input`] = toVariablesSchema(version);
      const output = outputName(prompt.name, version);
      if (isSchema(version.outputSchema)) {
        versions[output] = embedSchema(version.outputSchema, `#/components/schemas/${output}`);
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Prompts',
      version: '1',
      description:
        'The prompts that this API key may run. Add @ and the number of a version to a path to run that version; its ' +
        'variables may be others.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: { ...schemas, ...versions },
      parameters,
      headers,
      responses: errorResponses,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key of Heddle, or a token.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key of Heddle.' },
      },
    },
  };
}
