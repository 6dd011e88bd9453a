import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'SiliconFlow.',
  id: 'siliconflow',
  label: 'SiliconFlow',
  reference: 'https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions',
  baseUrl: 'https://api.siliconflow.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['SILICONFLOW_API_KEY']], baseUrl: ['SILICONFLOW_BASE_URL'] },
  pricesId: null,
  load: async () => (await import('./siliconflow.ts')).createSiliconflow,
};

export default vendor;
