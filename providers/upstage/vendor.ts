import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Upstage (Solar).',
  id: 'upstage',
  label: 'Upstage',
  reference: 'https://console.upstage.ai/api/chat',
  baseUrl: 'https://api.upstage.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['UPSTAGE_API_KEY']] },
  pricesId: null,
  load: async () => (await import('./upstage.ts')).createUpstage,
};

export default vendor;
