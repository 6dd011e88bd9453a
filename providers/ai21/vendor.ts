import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'AI21 Labs (Jamba).',
  id: 'ai21',
  label: 'AI21 Labs',
  reference: 'https://docs.ai21.com/reference/jamba-1-6-api-ref',
  baseUrl: 'https://api.ai21.com/studio/v1',
  basePath: '/studio/v1',
  requires: ['secret'],
  environment: { secret: [['AI21_API_KEY']] },
  pricesId: null,
  load: async () => (await import('./ai21.ts')).createAi21,
};

export default vendor;
