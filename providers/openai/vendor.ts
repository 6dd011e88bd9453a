import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'OpenAI.',
  id: 'openai',
  label: 'OpenAI',
  reference: 'https://platform.openai.com/docs/api-reference',
  baseUrl: 'https://api.openai.com/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['OPENAI_API_KEY']], baseUrl: ['OPENAI_BASE_URL'] },
  pricesId: 'openai',
  models: [
    {
      name: 'omni-moderation-latest',
      description: 'Scores texts and images by categories of harm.',
      capabilities: ['MODERATION'],
      inputModalities: ['TEXT', 'IMAGE'],
      outputModalities: ['TEXT'],
      contextTokens: 32_768,
      maxOutputTokens: null,
      isFree: true,
    },
  ],
  load: async () => (await import('./openai.ts')).createOpenai,
};

export default vendor;
