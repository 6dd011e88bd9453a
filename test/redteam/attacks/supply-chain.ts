import { type AttackCategory, type AttackKind, type Attempt, chat, user } from '../attempt.ts';

/** An address of the provider's network, of the cloud, or of the machine, that an attacker has somebody else call. */
const inside = [
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://0.0.0.0:9200/',
  'http://2852039166/latest/',
  'http://0xa9fea9fe/latest/',
  'http://localhost:27017/',
  'http://redis:6379/',
];

/** Stopped where no call reaches the provider. */
const withModel = (name: string, model: (own: string) => string): AttackKind => ({
  name,
  make: () => async (target) => {
    const request = chat([user('Hello')], { model: model(target.model) });
    return (await target.send(request, { text: 'Hello.' })).received.length === 0;
  },
});

const picture =
  (url: string): Attempt =>
  async (target) => {
    const content = [{ type: 'image_url', image_url: { url } }];
    const { received } = await target.send(chat([{ role: 'user', content }]), { text: 'A key.' });
    return !received.some((body) => body.includes(url));
  };

export const supplyChain: AttackCategory = {
  id: 'LLM03',
  name: 'Supply chain',
  kinds: [
    withModel('an AI model that is not registered', (own) => own.replace(/\/.*/, '/gpt-4o-free-crack')),
    withModel('a name that looks like an AI model', (own) => own.replace('o', 'о')),
    {
      name: 'a provider at an address of the cloud',
      make: (draw) => {
        const baseUrl = draw.pick(inside.slice(0, 6));
        return async ({ newClient }) => {
          const client = await newClient({ scopes: ['providers:write', 'models:read'] });
          const create = 'mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }';
          const input = { id: 'evil', kind: 'OPENAI_COMPATIBLE', baseUrl, apiKey: 'k-0123456789012345' };
          return (await client.send(create, { input })).errors !== undefined;
        };
      },
    },
    { name: 'an image at an address inside', make: (draw) => picture(draw.pick(inside)) },
    {
      name: "another tenant's provider",
      make: (draw) => async (target) => {
        const scopes = ['providers:write', 'models:write', 'models:read', 'inference:invoke'];
        const owner = await target.newClient({ scopes });
        const id = `own${draw.text(8, 'abcdefghjkmnpqrstuvwxyz')}`;
        const input = { id, kind: 'DEMO' };
        await owner.send('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
          input,
        });
        const other = await target.newClient({ scopes });
        const call = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
        const messages = [{ role: 'USER', content: 'Hello' }];
        return (await other.send(call, { input: { model: `${id}/echo`, messages } })).errors !== undefined;
      },
    },
  ],
  stoppedMin: { default: 1, every: 1 },
  beyond: 'poisoned weights, data sets and packages: the gateway sees none of them',
};
