import { createDemoProvider } from './demo/demo-provider.ts';
import { type Provider, ProviderFailure, type ProviderOptions } from './provider.ts';

/** Makes a provider of any kind; the vendor's package is loaded when the first of its kind is made. */
export async function createProvider(options: ProviderOptions): Promise<Provider> {
  if (options.kind === 'DEMO') return createDemoProvider();
  throw new ProviderFailure('NO_ROUTE', `Providers of kind ${options.kind} cannot be made.`, {
    retryable: false,
  });
}
