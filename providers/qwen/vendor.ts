import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Alibaba Cloud Model Studio (Qwen).',
  id: 'qwen',
  label: 'Qwen (Alibaba Cloud)',
  reference: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  basePath: '/compatible-mode/v1',
  requires: ['secret'],
  environment: { secret: [['DASHSCOPE_API_KEY'], ['ALIBABA_API_KEY']], baseUrl: ['DASHSCOPE_BASE_URL'] },
  pricesId: null,
  load: async () => (await import('./qwen.ts')).createQwen,
};

export default vendor;
