import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'SambaNova.',
  id: 'sambanova',
  label: 'SambaNova',
  reference: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
  baseUrl: 'https://api.sambanova.ai/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['SAMBANOVA_API_KEY']] },
  pricesId: null,
  load: async () => (await import('./sambanova.ts')).createSambanova,
};

export default vendor;
