import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Azure OpenAI. Requires baseUrl, the address of the resource.',
  id: 'azure',
  label: 'Azure OpenAI',
  reference: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle',
  baseUrl: null,
  basePath: '/openai',
  requires: ['secret', 'baseUrl'],
  environment: {
    secret: [['AZURE_OPENAI_API_KEY'], ['AZURE_API_KEY']],
    baseUrl: ['AZURE_OPENAI_ENDPOINT'],
  },
  pricesId: 'azure',
  // Models are deployments, which an admin names.
  offersModel: () => false,
  load: async () => (await import('./azure-openai.ts')).createAzureOpenai,
};

export default vendor;
