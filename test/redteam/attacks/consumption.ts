import {
  type AttackCategory,
  type Attempt,
  chat,
  keepFromProvider,
  type Request,
  type Seen,
  type Target,
  user,
} from '../attempt.ts';

/** Stopped where the provider receives no such call. */
const refused =
  (request: Request): Attempt =>
  async (target) =>
    (await target.send(request, { text: 'Done.' })).received.length === 0;

const ask = (target: Target, key: string, text = 'Hello'): Promise<Seen> =>
  target.send(chat([user(text)]), { text: 'Hello.' }, key);

/** Stopped where no more calls than allowed reach the provider. */
const burst =
  (calls: number, allowed: number): Attempt =>
  async (target) => {
    const limits = [{ meter: 'REQUESTS', window: 'HOUR', amount: String(allowed) }];
    const { key } = await target.newClient({ scopes: ['inference:invoke'], limits });
    let reached = 0;
    for (let number = 0; number < calls; number += 1) reached += (await ask(target, key)).received.length;
    return reached <= allowed;
  };

const nested = (depth: number) => {
  let schema: object = { type: 'string' };
  for (let level = 0; level < depth; level += 1) schema = { type: 'object', properties: { a: schema } };
  return schema;
};

export const consumption: AttackCategory = {
  id: 'LLM10',
  name: 'Unbounded consumption',
  kinds: [
    { name: 'more calls than the limit of a key', isSingle: true, make: () => burst(5, 2) },
    {
      name: 'more cost than the limit of a key',
      isSingle: true,
      make: () => async (target) => {
        const limits = [{ meter: 'COST', window: 'DAY', amount: '0.000001' }];
        const { key } = await target.newClient({ scopes: ['inference:invoke'], limits });
        return (await ask(target, key)).received.length === 0;
      },
    },
    {
      name: 'more tokens than the limit of a key',
      make: (draw) => async (target) => {
        const limits = [{ meter: 'TOKENS', window: 'DAY', amount: '1000' }];
        const { key } = await target.newClient({ scopes: ['inference:invoke'], limits });
        const text = 'word '.repeat(4_000 + draw.integer(1_000));
        return (await ask(target, key, text)).received.length === 0;
      },
    },
    {
      name: 'an input beyond the context',
      isSingle: true,
      make: () => refused(chat([user('word '.repeat(500_000))])),
    },
    { name: 'a body of 40 MB', isSingle: true, make: () => refused(chat([user('word '.repeat(8_000_000))])) },
    {
      name: 'a thousand alternatives',
      isSingle: true,
      make: () => refused(chat([user('Hello')], { n: 1_000 })),
    },
    {
      name: 'an output beyond the model',
      isSingle: true,
      make: () => keepFromProvider('2000000', chat([user('Hello')], { max_tokens: 2_000_000 })),
    },
    {
      name: 'a schema that nests a thousand deep',
      isSingle: true,
      make: () => {
        const json_schema = { name: 'deep', schema: nested(1_000) };
        return refused(chat([user('Hello')], { response_format: { type: 'json_schema', json_schema } }));
      },
    },
    {
      name: 'five hundred calls in one document',
      isSingle: true,
      make: () => async (target) => {
        const field = (number: number) => `a${number}: complete(input: $input) { text }`;
        const fields = Array.from({ length: 500 }, (_, number) => field(number)).join('\n');
        const query = `mutation ($input: CompletionInput!) { ${fields} }`;
        const input = { model: target.model, messages: [{ role: 'USER', content: 'Hello' }] };
        return refused({ path: '/graphql', body: { query, variables: { input } } })(target);
      },
    },
  ],
  stoppedMin: { default: 1, every: 1 },
  beyond: 'useless calls within the limits: set limits and budgets',
};
