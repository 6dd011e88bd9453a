import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Anthropic.',
  id: 'anthropic',
  label: 'Anthropic',
  reference: 'https://docs.anthropic.com/en/api/messages',
  baseUrl: 'https://api.anthropic.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['ANTHROPIC_API_KEY']], baseUrl: ['ANTHROPIC_BASE_URL'] },
  pricesId: 'anthropic',
  load: async () => (await import('./anthropic.ts')).createClaude,
};

export default vendor;
