import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Groq.',
  id: 'groq',
  label: 'Groq',
  reference: 'https://console.groq.com/docs/api-reference',
  baseUrl: 'https://api.groq.com/openai/v1',
  basePath: '/openai/v1',
  requires: ['secret'],
  environment: { secret: [['GROQ_API_KEY']] },
  pricesId: 'groq',
  load: async () => (await import('./groq.ts')).createGroqProvider,
};

export default vendor;
