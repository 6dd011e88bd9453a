import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Cerebras.',
  id: 'cerebras',
  label: 'Cerebras',
  reference: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  baseUrl: 'https://api.cerebras.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['CEREBRAS_API_KEY']] },
  pricesId: 'cerebras',
  load: async () => (await import('./cerebras.ts')).createCerebrasProvider,
};

export default vendor;
