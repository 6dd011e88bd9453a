import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Moonshot AI (Kimi).',
  id: 'moonshot',
  label: 'Moonshot AI',
  reference: 'https://platform.moonshot.ai/docs/api/chat',
  baseUrl: 'https://api.moonshot.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['MOONSHOT_API_KEY']], baseUrl: ['MOONSHOT_BASE_URL'] },
  pricesId: 'moonshotai',
  load: async () => (await import('./moonshot.ts')).createMoonshot,
};

export default vendor;
