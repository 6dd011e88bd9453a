import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'LM Studio.',
  id: 'lm-studio',
  label: 'LM Studio',
  reference: 'https://lmstudio.ai/docs/developer/openai-compat',
  baseUrl: 'http://127.0.0.1:1234/v1',
  basePath: '/v1',
  requires: [],
  environment: {
    secret: [['LM_STUDIO_API_KEY'], ['LMSTUDIO_API_KEY']],
    baseUrl: ['LM_STUDIO_BASE_URL', 'LMSTUDIO_BASE_URL'],
  },
  pricesId: null,
  isFree: true,
  load: async () => (await import('./lm-studio.ts')).createLmStudio,
};

export default vendor;
