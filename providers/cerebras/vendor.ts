import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Cerebras.',
  id: 'cerebras',
  label: 'Cerebras',
  baseUrl: 'https://api.cerebras.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['CEREBRAS_API_KEY']] },
  pricesId: 'cerebras',
  load: async () => (await import('./cerebras.ts')).createCerebrasProvider,
};

export default vendor;
