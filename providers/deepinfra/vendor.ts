import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'DeepInfra.',
  id: 'deepinfra',
  label: 'DeepInfra',
  reference: 'https://docs.deepinfra.com/api-reference/chat-completions/openai-chat-completions',
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  basePath: '/v1/openai',
  requires: ['secret'],
  environment: { secret: [['DEEPINFRA_API_KEY'], ['DEEPINFRA_TOKEN']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
