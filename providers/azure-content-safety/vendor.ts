import type { Vendor, VendorModel } from '../vendor.ts';

function operation(name: string, description: string, input: 'TEXT' | 'IMAGE' = 'TEXT'): VendorModel {
  return {
    name,
    description,
    capabilities: ['MODERATION'],
    inputModalities: [input],
    outputModalities: ['TEXT'],
    // Of characters it takes 10,000.
    contextTokens: 10_000,
    maxOutputTokens: null,
  };
}

const vendor: Vendor = {
  description: 'Azure AI Content Safety: moderation. Requires baseUrl, the address of the resource.',
  id: 'azure-content-safety',
  label: 'Azure AI Content Safety',
  reference:
    'https://learn.microsoft.com/en-us/rest/api/contentsafety/operation-groups?view=rest-contentsafety-2024-09-01',
  baseUrl: null,
  basePath: '/contentsafety',
  requires: ['secret', 'baseUrl'],
  environment: {
    secret: [['AZURE_CONTENT_SAFETY_KEY'], ['CONTENT_SAFETY_KEY']],
    baseUrl: ['AZURE_CONTENT_SAFETY_ENDPOINT', 'CONTENT_SAFETY_ENDPOINT'],
  },
  pricesId: null,
  models: [
    operation('text:analyze', 'Severity of hate, self-harm, sexual content and violence.'),
    operation(
      'image:analyze',
      'Severity of hate, self-harm, sexual content and violence in an image.',
      'IMAGE',
    ),
    operation('text:shieldPrompt', 'Prompt Shields: attacks in prompts and documents.'),
  ],
  load: async () => (await import('./azure-content-safety.ts')).createAzureContentSafety,
};

export default vendor;
