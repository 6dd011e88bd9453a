import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'DeepSeek.',
  id: 'deepseek',
  label: 'DeepSeek',
  reference: 'https://api-docs.deepseek.com/api/create-chat-completion',
  baseUrl: 'https://api.deepseek.com',
  basePath: '',
  requires: ['secret'],
  environment: { secret: [['DEEPSEEK_API_KEY']], baseUrl: ['DEEPSEEK_BASE_URL'] },
  pricesId: 'deepseek',
  load: async () => (await import('./deepseek.ts')).createDeepseekProvider,
};

export default vendor;
