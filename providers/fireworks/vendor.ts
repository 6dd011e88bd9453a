import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Fireworks AI.',
  id: 'fireworks',
  label: 'Fireworks AI',
  reference: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  basePath: '/inference/v1',
  requires: ['secret'],
  environment: { secret: [['FIREWORKS_API_KEY']] },
  pricesId: 'fireworks',
  load: async () => (await import('./fireworks.ts')).createFireworksProvider,
};

export default vendor;
